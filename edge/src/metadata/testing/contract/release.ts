import type { AppType, Plan } from '@appflux/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AppRecord, DeploymentRecord } from '../../metadata.ts';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { appRecord, deploymentRecord } from '../sample-records.ts';

const planOf = (type: AppType): Plan => ({
  type,
  framework: null,
  packageManager: null,
  image: 'appflux/web-builder',
  node: null,
  installCommand: null,
  buildCommand: null,
  outputs: [],
  reasons: [],
});

const success = (app: AppRecord, members: Partial<DeploymentRecord> = {}) =>
  deploymentRecord(app, { status: 'success', plan: planOf('web'), ...members });

export function releaseContract(create: CreateBackend): void {
  async function withApp(members: Partial<AppRecord> = {}) {
    const { apps, deployments } = await create();
    const app = appRecord(members);
    await apps.insert(app);
    const now = async () => {
      const record = await apps.byId(app.id);
      return { release: record?.release, type: record?.type, detectedType: record?.detectedType };
    };
    return { apps, deployments, app, now };
  }

  test('a production success becomes the release and says what was detected, not what a person said', async () => {
    const { deployments, app, now } = await withApp();
    const record = success(app, { plan: planOf('pwa') });
    await deployments.project({ ...record, status: 'building' }, 1);
    expect(await now()).toEqual({ release: null, type: null, detectedType: null });
    await deployments.project(record, 2);
    expect(await now()).toEqual({ release: record.id, type: null, detectedType: 'pwa' });
  });

  test('a newer success of another kind takes over; the type that a person said stays', async () => {
    const { deployments, app, now } = await withApp({ type: 'android' });
    await deployments.project(success(app), 1);
    const newer = success(app, { plan: planOf('desktop') });
    await deployments.project(newer, 1);
    expect(await now()).toEqual({ release: newer.id, type: 'android', detectedType: 'desktop' });
  });

  test('previews, failures and other apps leave the release alone', async () => {
    const { apps, deployments, app, now } = await withApp();
    const other = appRecord();
    await apps.insert(other);
    await deployments.project(success(app, { environment: 'preview' }), 1);
    await deployments.project(deploymentRecord(app, { status: 'failed', plan: planOf('web') }), 1);
    await deployments.project(success(other), 1);
    expect(await now()).toEqual({ release: null, type: null, detectedType: null });
  });

  test('an older deployment that succeeds late does not replace a newer release', async () => {
    const { deployments, app, now } = await withApp();
    const older = success(app);
    const newer = success(app, { plan: planOf('desktop') });
    await deployments.project(newer, 3);
    await deployments.project(older, 3);
    expect(await now()).toEqual({ release: newer.id, type: null, detectedType: 'desktop' });
  });

  test('which of two is older depends on when they were created, not on their ids', async () => {
    for (const flip of [false, true]) {
      const ids = [newObjectId(), newObjectId()].sort();
      if (flip) ids.reverse();
      const { deployments, app, now } = await withApp();
      const [older, newer] = ids.map((id) => success(app, { id })) as [DeploymentRecord, DeploymentRecord];
      await deployments.project(newer, 1);
      await deployments.project(older, 1);
      expect((await now()).release).toBe(newer.id);
    }
  });

  test('a rollback stays when the success that it replaced is reported again', async () => {
    const { apps, deployments, app, now } = await withApp();
    const older = success(app);
    const newer = success(app);
    await deployments.project(older, 2);
    await deployments.project(newer, 2);
    await apps.update(app.id, { release: older.id });
    await deployments.project(newer, 2);
    await deployments.project({ ...newer, logKey: 'log' }, 3);
    await deployments.project(newer, 1);
    expect((await now()).release).toBe(older.id);
  });

  test('a success without a plan becomes the release and leaves what was detected', async () => {
    const { deployments, app, now } = await withApp({ detectedType: 'web' });
    const record = success(app, { plan: null });
    await deployments.project(record, 1);
    expect(await now()).toEqual({ release: record.id, type: null, detectedType: 'web' });
  });

  test('a release keeps the one before it, and when the pointer moved', async () => {
    const { apps, deployments, app } = await withApp();
    const [older, newer] = [success(app), success(app)];
    const pointers = async () => {
      const { release, previousRelease, releasedAt } = (await apps.byId(app.id)) ?? app;
      return { release, previousRelease, moved: releasedAt };
    };
    await deployments.project(older, 1);
    expect(await pointers()).toEqual({ release: older.id, previousRelease: null, moved: expect.any(String) });
    await deployments.project(newer, 1);
    const { moved } = await pointers();
    expect(await pointers()).toEqual({ release: newer.id, previousRelease: older.id, moved });
    const pointer = { deploymentId: older.id, at: '2026-11-05T00:00:00.000Z', detectedType: null };
    const back = { release: older.id, previousRelease: newer.id, releasedAt: pointer.at };
    expect(await apps.release(app.id, pointer)).toMatchObject({ ...back, detectedType: 'web' });
    const again = { ...pointer, at: '2026-11-06T00:00:00.000Z', detectedType: 'pwa' as const };
    expect(await apps.release(app.id, again)).toMatchObject({ ...back, detectedType: 'web' });
    expect(await apps.release(app.id, { ...again, deploymentId: newer.id })).toMatchObject({
      detectedType: 'pwa',
    });
    expect(await apps.release(newObjectId(), pointer)).toBeNull();
  });

  test.each([
    ['locked', { releaseLocked: true }],
    ['not automatic', { autoRelease: false }],
  ])(
    'while releases are %s, a success does not go live, then or when it is reported again',
    async (_, held) => {
      const { apps, deployments, app, now } = await withApp(held);
      const during = success(app);
      await deployments.project(during, 1);
      expect((await now()).release).toBeNull();
      await apps.update(app.id, { releaseLocked: false, autoRelease: true });
      await deployments.project({ ...during, logKey: 'log' }, 2);
      expect((await now()).release).toBeNull();
      const after = success(app);
      await deployments.project(after, 1);
      expect((await now()).release).toBe(after.id);
    },
  );

  test('whatever order the changes of many deployments arrive in, the release is the newest success', async () => {
    const { apps, deployments } = await create();
    const ending = fc.constantFrom('success', 'failed', 'canceled');
    const scenario = fc
      .array(fc.record({ status: ending, environment: fc.constantFrom('production', 'preview') }), {
        minLength: 1,
        maxLength: 5,
      })
      .chain((endings) => {
        const events = endings.flatMap((_, index) => [1, 2, 3].map((seq) => ({ index, seq })));
        return fc.tuple(fc.constant(endings), fc.shuffledSubarray(events, { minLength: events.length }));
      });
    await fc.assert(
      fc.asyncProperty(scenario, async ([endings, events]) => {
        const app = appRecord();
        await apps.insert(app);
        const ended = endings.map((members) =>
          deploymentRecord(app, { ...members, id: newObjectId(), plan: planOf('web') }),
        );
        for (const { index, seq } of events) {
          const record = ended[index] as DeploymentRecord;
          // The change before the last is the ending itself; the last one says that the log was archived.
          if (seq === 1) await deployments.project({ ...record, status: 'building' }, 1);
          if (seq === 2) await deployments.project(record, 2);
          if (seq === 3) await deployments.project({ ...record, logKey: 'log' }, 3);
        }
        const released = ended.filter((r) => r.status === 'success' && r.environment === 'production');
        expect((await apps.byId(app.id))?.release).toBe(released.at(-1)?.id ?? null);
      }),
      { numRuns: 25 },
    );
  });
}
