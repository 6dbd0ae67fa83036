import { MAX_RECENT_BUILDS, type SizeBudgetResult } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { appRecord, deploymentRecord } from '../sample-records.ts';

const AT = '2026-11-20T08:00:00.000Z';

export function appListContract(create: CreateBackend): void {
  test('each app has its latest deployment that was not skipped, and its last builds', async () => {
    const { apps, deployments, appLists } = await create();
    const [app, other, fresh] = [appRecord(), appRecord(), appRecord()];
    for (const each of [app, other, fresh]) await apps.insert(each);
    const failed = deploymentRecord(app, { status: 'failed', number: 1 });
    const success = deploymentRecord(app, {
      status: 'success',
      number: 2,
      startedAt: AT,
      finishedAt: AT,
      durationSeconds: 41.5,
      commitMessage: 'Show tides',
      plan: {
        type: 'web',
        framework: 'vite',
        packageManager: 'npm',
        image: 'x',
        node: '24',
        installCommand: null,
        buildCommand: null,
        outputs: [],
        reasons: ['a'],
      },
    });
    const canceled = deploymentRecord(app, { status: 'canceled', number: 3 });
    const building = deploymentRecord(app, { status: 'building', number: 4 });
    const skipped = deploymentRecord(app, {
      status: 'canceled',
      number: 5,
      skipped: { reason: 'It was built already.' },
    });
    const others = deploymentRecord(other, { status: 'success', number: 1 });
    for (const record of [failed, success, canceled, building, skipped, others])
      await deployments.project(record, 1);

    const recent = await appLists.recent([app.id, fresh.id]);
    expect([...recent.keys()]).toEqual([app.id]);
    expect(recent.get(app.id)?.latest).toMatchObject({
      id: building.id,
      number: 4,
      status: 'building',
      plan: null,
    });
    expect(recent.get(app.id)?.builds).toEqual([
      { id: success.id, number: 2, status: 'success', durationSeconds: 41.5, createdAt: success.createdAt },
      { id: failed.id, number: 1, status: 'failed', durationSeconds: null, createdAt: failed.createdAt },
    ]);
    await deployments.delete([building.id, canceled.id]);
    expect((await appLists.recent([app.id])).get(app.id)?.latest).toMatchObject({
      id: success.id,
      commitMessage: 'Show tides',
      plan: { type: 'web', framework: 'vite' },
    });
    expect((await appLists.recent([])).size).toBe(0);
  });

  test('a team has the releases that exceed a size budget, and no other deployments', async () => {
    const { apps, deployments, appLists } = await create();
    const app = appRecord();
    const { ownerId } = app;
    const within = appRecord({ ownerId });
    const plain = appRecord({ ownerId });
    const fresh = appRecord({ ownerId });
    const foreign = appRecord();
    const result = (outcome: 'passed' | 'warned'): SizeBudgetResult => ({
      ...{ what: 'js', limit: 10, compression: 'gzip', on: 'warn' },
      ...{ bytes: 12, files: 1, before: null, outcome, largest: [{ name: 'a.js', bytes: 12 }] },
    });
    const release = async (of: typeof app, budgets?: SizeBudgetResult[]) => {
      const record = deploymentRecord(of, { status: 'success', ...(budgets && { budgets }) });
      await deployments.project(record, 1);
      return record.id;
    };
    for (const each of [app, within, plain, fresh, foreign]) await apps.insert(each);
    await release(app, [result('warned')]);
    await release(within, [result('passed')]);
    await release(plain);
    await release(foreign, [result('warned')]);
    const newest = await release(app, [result('passed'), result('warned')]);
    expect(await appLists.overBudget(ownerId)).toEqual([
      {
        deploymentId: newest,
        app: { slug: app.slug, name: app.name },
        budgets: [result('passed'), result('warned')],
      },
    ]);
    await release(app, [result('passed')]);
    expect(await appLists.overBudget(ownerId)).toEqual([]);
    expect(await appLists.overBudget(crypto.randomUUID())).toEqual([]);
  });

  test('of many builds the newest are given, whichever way they ended', async () => {
    const { apps, deployments, appLists } = await create();
    const app = appRecord();
    await apps.insert(app);
    const records = Array.from({ length: MAX_RECENT_BUILDS + 5 }, (_, index) =>
      deploymentRecord(app, { status: index % 3 === 0 ? 'failed' : 'success', number: index + 1 }),
    );
    for (const record of records) await deployments.project(record, 1);
    const builds = (await appLists.recent([app.id])).get(app.id)?.builds ?? [];
    expect(builds.map(({ number }) => number)).toEqual(
      Array.from({ length: MAX_RECENT_BUILDS }, (_, index) => records.length - index),
    );
  });

  test('favourites are of one person in one team, and marking one twice is the same', async () => {
    const { apps, appLists } = await create();
    const [ada, grace] = [crypto.randomUUID(), crypto.randomUUID()];
    const app = appRecord();
    const sibling = appRecord({ ownerId: app.ownerId });
    const elsewhere = appRecord();
    for (const each of [app, sibling, elsewhere]) await apps.insert(each);
    for (const each of [app, app, elsewhere]) await appLists.addFavourite(ada, each.id, AT);
    await appLists.addFavourite(grace, sibling.id, AT);
    expect(await appLists.favourites(ada, app.ownerId)).toEqual([app.id]);
    expect(await appLists.favourites(ada, elsewhere.ownerId)).toEqual([elsewhere.id]);
    expect(await appLists.favourites(grace, app.ownerId)).toEqual([sibling.id]);
    await appLists.removeFavourite(grace, app.id);
    expect(await appLists.favourites(ada, app.ownerId)).toEqual([app.id]);
    await appLists.removeFavourite(ada, app.id);
    expect(await appLists.favourites(ada, app.ownerId)).toEqual([]);
  });

  test('favourites go with their app, and with the membership of their person', async () => {
    const { apps, appLists } = await create();
    const ada = crypto.randomUUID();
    const app = appRecord();
    const sibling = appRecord({ ownerId: app.ownerId });
    const elsewhere = appRecord();
    for (const each of [app, sibling, elsewhere]) {
      await apps.insert(each);
      await appLists.addFavourite(ada, each.id, AT);
    }
    await appLists.addFavourite(ada, newObjectId(), AT);
    await apps.delete(app.id);
    expect(await appLists.favourites(ada, app.ownerId)).toEqual([sibling.id]);
    await appLists.forgetFavourites(ada, app.ownerId);
    expect(await appLists.favourites(ada, app.ownerId)).toEqual([]);
    expect(await appLists.favourites(ada, elsewhere.ownerId)).toEqual([elsewhere.id]);
  });

  test('apps are found by their ids, those that are there', async () => {
    const { apps } = await create();
    const [app, other] = [appRecord(), appRecord()];
    for (const each of [app, other]) await apps.insert(each);
    const found = await apps.byIds([app.id, newObjectId(), other.id]);
    expect(found.map(({ slug }) => slug).sort()).toEqual([app.slug, other.slug].sort());
    expect(await apps.byIds([])).toEqual([]);
  });
}
