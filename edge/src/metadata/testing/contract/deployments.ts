import { DeploymentStatus } from '@appflux/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { anyHash, appRecord, deploymentRecord, kept } from '../sample-records.ts';

const PAGE = { limit: 30 };

export function deploymentContract(create: CreateBackend): void {
  test('a deployment comes back as it was projected last', async () => {
    const { apps, deployments } = await create();
    const app = appRecord();
    await apps.insert(app);
    const queued = deploymentRecord(app);
    const failed = deploymentRecord(app, {
      ...queued,
      status: 'failed',
      commitMessage: 'Fix “it”\n\u0000\u{1F41B}',
      failure: {
        code: 'build_failed',
        message: 'exit 1',
        phase: 'building',
        hint: 'Look at the log',
        location: { path: 'src/a.ts', line: 3, column: null, seq: 7 },
      },
      artifacts: [
        {
          name: 'a.apk',
          size: 5,
          sha256: anyHash(),
          contentType: 'x/y',
          meta: { n: 1, s: 'x', b: true },
          key: 'k',
        },
      ],
      durationSeconds: 1.5,
    });
    expect(await deployments.project(queued, 1)).toBe(true);
    expect(await deployments.byId(queued.id)).toEqual(kept(queued));
    expect(await deployments.project(failed, 2)).toBe(true);
    expect(await deployments.byId(queued.id)).toEqual(kept(failed));
  });

  test('a picture is noted beside the record, and gone with the artifacts', async () => {
    const { apps, deployments } = await create();
    const app = appRecord();
    await apps.insert(app);
    const [first, second, none] = [deploymentRecord(app), deploymentRecord(app), deploymentRecord(app)];
    for (const record of [first, second, none]) await deployments.project(record, 1);
    const ids = [first.id, second.id, none.id, newObjectId()];
    expect(await deployments.pictures(ids)).toEqual(new Map());
    expect(await deployments.pictures([])).toEqual(new Map());
    const [at, later] = ['2026-11-20T12:00:00.000Z', '2026-11-21T12:00:00.000Z'];
    expect(await deployments.markPictured(first.id, at)).toBe(true);
    expect(await deployments.markPictured(second.id, at)).toBe(true);
    expect(await deployments.markPictured(second.id, later)).toBe(true);
    expect(await deployments.markPictured(newObjectId(), at)).toBe(false);
    await deployments.project(first, 2);
    expect(await deployments.byId(first.id)).toEqual(kept(first, { pictureAt: at }));
    expect(await deployments.byId(none.id)).toEqual(kept(none));
    expect(await deployments.pictures(ids)).toEqual(
      new Map([
        [first.id, at],
        [second.id, later],
      ]),
    );
    await deployments.markRemoved([first.id], 'artifacts', later);
    expect(await deployments.pictures(ids)).toEqual(new Map([[second.id, later]]));
    expect(await deployments.markPictured(first.id, later)).toBe(false);
  });

  test('why no picture was taken is noted until there is one', async () => {
    const { apps, deployments } = await create();
    const app = appRecord();
    await apps.insert(app);
    const record = deploymentRecord(app);
    await deployments.project(record, 1);
    await deployments.markPictureFailed(newObjectId(), 'It is not there');
    await deployments.markPictureFailed(record.id, 'The page answered with 500');
    await deployments.project(record, 2);
    expect(await deployments.byId(record.id)).toEqual(
      kept(record, { pictureError: 'The page answered with 500' }),
    );
    const at = '2026-11-20T12:00:00.000Z';
    await deployments.markPictured(record.id, at);
    await deployments.markPictureFailed(record.id, 'Late');
    expect(await deployments.byId(record.id)).toEqual(kept(record, { pictureAt: at }));
  });

  test('deployments that are deleted are gone, and others of their app stay', async () => {
    const { apps, deployments } = await create();
    const app = appRecord();
    await apps.insert(app);
    const [gone, also, stays] = [deploymentRecord(app), deploymentRecord(app), deploymentRecord(app)];
    for (const record of [gone, also, stays]) await deployments.project(record, 1);
    await deployments.delete([gone.id, also.id, newObjectId()]);
    await deployments.delete([]);
    expect((await deployments.list({ ownerId: app.ownerId, appId: app.id }, PAGE)).items).toEqual([
      kept(stays),
    ]);
  });

  test('an older or repeated change is refused and changes nothing', async () => {
    const { apps, deployments } = await create();
    const app = appRecord();
    await apps.insert(app);
    const record = deploymentRecord(app, { status: 'building' });
    await deployments.project(record, 2);
    expect(await deployments.project({ ...record, status: 'queued' }, 1)).toBe(false);
    expect(await deployments.project({ ...record, status: 'canceled' }, 2)).toBe(false);
    expect(await deployments.byId(record.id)).toEqual(kept(record));
  });

  test('a late change does not bring back a deployment whose app is gone', async () => {
    const { apps, deployments } = await create();
    const app = appRecord();
    await apps.insert(app);
    const record = deploymentRecord(app);
    await deployments.project(record, 1);
    await apps.delete(app.id);
    expect(await deployments.project({ ...record, status: 'canceled' }, 2)).toBe(false);
    expect(await deployments.byId(record.id)).toBeNull();
    expect(await deployments.byId(newObjectId())).toBeNull();
  });

  test('lists are narrowed by owner, app and status', async () => {
    const { apps, deployments } = await create();
    const mine = appRecord();
    const alsoMine = appRecord({ ownerId: mine.ownerId });
    const theirs = appRecord();
    for (const app of [mine, alsoMine, theirs]) await apps.insert(app);
    const a = deploymentRecord(mine, { status: 'success', environment: 'preview' });
    const b = deploymentRecord(mine, { status: 'failed' });
    const c = deploymentRecord(alsoMine, { status: 'failed' });
    const d = deploymentRecord(theirs, { status: 'failed' });
    for (const record of [a, b, c, d]) await deployments.project(record, 1);

    const idsOf = async (filter: Parameters<typeof deployments.list>[0]) =>
      (await deployments.list(filter, PAGE)).items.map(({ id }) => id);
    const { ownerId } = mine;
    expect(await idsOf({ ownerId })).toEqual([c.id, b.id, a.id]);
    expect(await idsOf({ ownerId, appId: mine.id })).toEqual([b.id, a.id]);
    expect(await idsOf({ ownerId, status: 'failed' })).toEqual([c.id, b.id]);
    expect(await idsOf({ ownerId, appId: mine.id, status: 'failed' })).toEqual([b.id]);
    expect(await idsOf({ ownerId, appId: theirs.id })).toEqual([]);
  });

  test('the unended deployments of an app are the queued, building and canceling ones', async () => {
    const { apps, deployments } = await create();
    const app = appRecord();
    const other = appRecord();
    await apps.insert(app);
    await apps.insert(other);
    const records = DeploymentStatus.options.map((status) => deploymentRecord(app, { status }));
    for (const record of [...records, deploymentRecord(other)]) await deployments.project(record, 1);
    const unended = records.filter(({ status }) => ['queued', 'building', 'canceling'].includes(status));
    expect((await deployments.unended(app.id)).sort()).toEqual(unended.map(({ id }) => id).sort());
    const all = records.map(({ id }) => id).sort();
    expect((await deployments.idsOf(app.id, 100)).sort()).toEqual(all);
    const some = await deployments.idsOf(app.id, 2);
    expect(some).toHaveLength(2);
    expect(all).toEqual(expect.arrayContaining(some));
  });

  test('in whatever order and however often its changes arrive, a deployment ends up as the last one', async () => {
    const { apps, deployments } = await create();
    const app = appRecord();
    await apps.insert(app);
    const arrivals = fc.integer({ min: 1, max: 8 }).chain((last) =>
      fc.tuple(
        fc.shuffledSubarray(
          Array.from({ length: last }, (_, index) => index + 1),
          { minLength: last },
        ),
        fc.array(fc.integer({ min: 1, max: last }), { maxLength: 6 }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(arrivals, async ([all, repeats]) => {
        const record = deploymentRecord(app, { status: 'building' });
        const changeOf = (seq: number) => ({ ...record, commitMessage: `change ${seq}` });
        let newest = 0;
        for (const seq of [...all, ...repeats]) {
          expect(await deployments.project(changeOf(seq), seq)).toBe(seq > newest);
          newest = Math.max(newest, seq);
        }
        expect(await deployments.byId(record.id)).toEqual(kept(changeOf(all.length)));
      }),
      { numRuns: 25 },
    );
  });
}
