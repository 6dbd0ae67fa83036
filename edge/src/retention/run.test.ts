/** The sweep at work: real metadata and real storage, with faults put in front of them. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { sweepUploads } from '../api/uploads.ts';
import { Budget } from '../limits/budget.ts';
import { metadataOf } from '../metadata/index.ts';
import type { DeploymentRecord, UploadRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { kept, uploadRecord } from '../metadata/testing/sample-records.ts';
import { givenDeployment } from '../publish/testing/published.ts';
import { objectsOf, presignerOf } from '../storage/index.ts';
import { uploadKey } from '../storage/keys.ts';
import { forgetAll } from '../testing/worker.ts';
import { decideApp, type Walk } from './app.ts';
import { retentionDefaults } from './policy.ts';
import type { Parts } from './remove.ts';
import { type Position, START } from './report.ts';
import { type RunOptions, sweepFrom } from './run.ts';
import { appKeeping, NOW, oldDeployment, storedOf } from './testing/deployments.ts';

const metadata = metadataOf(env);
const objects = objectsOf(env);
const parts: Parts = { env, metadata, objects };
const NONE = { keepLast: 0, days: 0 };
const AT = new Date(NOW).toISOString();
const GONE = { artifactsRemovedAt: AT, logRemovedAt: AT };

beforeEach(forgetAll);

const run = (over: Partial<RunOptions> = {}, by: Parts = parts) =>
  sweepFrom(by, { from: START, dryRun: false, now: NOW, ...over });
const items = (found: { what: string; deploymentId: string | null; uploadId: string | null }[]) =>
  found.map(({ what, deploymentId, uploadId }) => `${what} ${deploymentId ?? uploadId}`).sort();
const both = (...records: DeploymentRecord[]) =>
  records.flatMap(({ id }) => [`artifacts ${id}`, `log ${id}`]).sort();

describe('a sweep', () => {
  test('removes what is too old, in storage and in the records, and nothing else', async () => {
    const app = await appKeeping({ keepLast: 1, days: 30 });
    const old = await oldDeployment(app);
    const pinned = await oldDeployment(app);
    await metadata.deployments.pin(pinned.id, true);
    const young = await oldDeployment(app, { finishedAt: '2026-11-01T00:00:00.000Z' });
    const preview = await oldDeployment(app, { environment: 'preview' });
    const last = await oldDeployment(app);
    const another = await oldDeployment(await appKeeping({ keepLast: 5, days: 0 }));

    const { items: gone, failures, next, artifactBytes } = await run();
    expect(items(gone)).toEqual(both(old));
    // Each has 5 bytes, and one is gone.
    expect(artifactBytes).toBe(5 * 5);
    expect(gone.find(({ what }) => what === 'artifacts')).toMatchObject({ app: app.slug, bytes: 5 });
    expect([failures, next]).toEqual([[], null]);
    expect(await storedOf(old)).toEqual([]);
    expect(await metadata.deployments.byId(old.id)).toEqual(kept(old, GONE));
    for (const record of [pinned, young, preview, last, another])
      expect(await storedOf(record)).toEqual(['1/a.bin', 'log.ndjson.gz']);
    expect(await run()).toMatchObject({ items: [], artifactBytes: 5 * 5 });
  });

  test('looks at the deployments of an app page by page, counting on from one to the next', async () => {
    const app = await appKeeping({ keepLast: 600, days: 0 });
    const record = await oldDeployment(app);
    const ids = Array.from({ length: 750 }, () => newObjectId());
    await Promise.all(
      ids.map((id, n) => {
        const createdAt = new Date(Date.parse(record.createdAt) + 1000 + n).toISOString();
        return metadata.deployments.project({ ...record, id, createdAt }, 1);
      }),
    );
    await metadata.apps.update(app.id, { release: ids[749] ?? '' });
    const options = { defaults: retentionDefaults(env), budget: new Budget(), now: NOW };
    const decided = async (from: Walk | null) => {
      const pages: { going: string[]; after: Walk }[] = [];
      for await (const { going, after } of decideApp(app, metadata, { ...options, from }))
        pages.push({ going: going.map(({ deployment }) => deployment.id), after });
      return pages;
    };
    const [first, second] = await decided(null);
    expect([first?.going, second?.going]).toEqual([[], [record.id, ...ids.slice(0, 150)]]);
    // Each has 5 bytes.
    expect([first, second].map((page) => page?.after.artifactBytes)).toEqual([500 * 5, 600 * 5]);
    const walk = first?.after ?? null;
    expect(await decided(walk)).toEqual([second]);
    // What the rules protect has changed meanwhile: nothing that was counted holds any more.
    await metadata.apps.update(app.id, { previousRelease: record.id });
    const changed = { ...app, previousRelease: record.id };
    const again: number[] = [];
    for await (const { going } of decideApp(changed, metadata, { ...options, from: walk }))
      again.push(going.length);
    expect(again).toEqual([0, 150]);
  });

  test('takes few requests for each deployment', async () => {
    const app = await appKeeping(NONE);
    const record = await oldDeployment(app);
    // Failed ones: a success would become the release.
    const failed = Array.from({ length: 59 }, () => ({
      ...record,
      id: newObjectId(),
      status: 'failed' as const,
    }));
    await Promise.all(failed.map((other) => metadata.deployments.project(other, 1)));
    let requests = 0;
    const counted = <Store extends object>(store: Store): Store =>
      new Proxy(store, {
        get: (target, name) => {
          const method = Reflect.get(target, name);
          if (typeof method !== 'function') return method;
          return (...args: unknown[]) => {
            requests += 1;
            return method.apply(target, args);
          };
        },
      });
    const { deployments, apps } = metadata;
    const counting: Parts = {
      ...parts,
      metadata: { ...metadata, deployments: counted(deployments), apps: counted(apps) },
      objects: counted(objects),
    };
    const { items: gone, failures } = await run({ budget: new Budget(1_000) }, counting);
    expect([gone.length, failures]).toEqual([120, []]);
    // Beside one call of each object, a list of its keys; and what is shared by fifty.
    expect(requests).toBeLessThan(1.5 * 60);
  });

  test('keeps the release and what one can roll back to, whatever the rules say', async () => {
    const app = await appKeeping(NONE);
    const [older, before, release] = [
      await oldDeployment(app),
      await oldDeployment(app),
      await oldDeployment(app),
    ];
    const newer = await oldDeployment(app);
    await metadata.apps.update(app.id, { release: release.id });
    expect(items((await run()).items)).toEqual(both(older, newer));
    for (const record of [before, release]) expect(await storedOf(record)).toHaveLength(2);
  });

  test('leaves a log for longer than artifacts where the app says so', async () => {
    const app = await appKeeping(NONE, {
      retention: { artifacts: NONE, logs: { keepLast: 0, days: 3650 } },
    });
    const record = await oldDeployment(app);
    expect(items((await run()).items)).toEqual([`artifacts ${record.id}`]);
    expect(await storedOf(record)).toEqual(['log.ndjson.gz']);
  });

  test('goes by the variables of the instance where the app says nothing', async () => {
    const app = await appKeeping(NONE, { retention: { artifacts: null, logs: null } });
    const record = await oldDeployment(app);
    expect((await run()).items).toEqual([]);
    const strict = { ...env, ARTIFACTS_KEEP_LAST: '0', ARTIFACTS_DAYS: '1' };
    expect(items((await run({}, { ...parts, env: strict })).items)).toEqual([`artifacts ${record.id}`]);
  });

  test('leaves a build that has not ended, and one that has only just', async () => {
    const app = await appKeeping(NONE);
    const building = await givenDeployment(app, { a: '1' }, { status: 'building', finishedAt: null });
    const ended = await givenDeployment(
      app,
      { a: '1' },
      { finishedAt: new Date(NOW - 60_000).toISOString() },
    );
    expect((await run()).items).toEqual([]);
    for (const record of [building, ended]) expect(await storedOf(record)).toEqual(['1/a']);
  });

  test('in a dry run tells the same, and changes nothing', async () => {
    const app = await appKeeping(NONE);
    const old = await oldDeployment(app);
    const told = await run({ dryRun: true });
    expect(items(told.items)).toEqual(both(old));
    expect(await metadata.deployments.byId(old.id)).toEqual(kept(old));
    expect(await storedOf(old)).toHaveLength(2);
    expect((await run()).items).toEqual(told.items);
  });

  test('stops when its budget is spent, and goes on from there to the end', async () => {
    const records: DeploymentRecord[] = [];
    for (let count = 0; count < 3; count++) {
      const app = await appKeeping(NONE);
      for (let each = 0; each < 3; each++) records.push(await oldDeployment(app));
    }
    const found: string[] = [];
    let runs = 0;
    for (let from: Position | null = START; from !== null; runs++) {
      const part = await run({ from, budget: new Budget(12) });
      found.push(...items(part.items));
      from = part.next;
    }
    expect(runs).toBeGreaterThan(3);
    expect(found.sort()).toEqual(both(...records));
  });
});

describe('a storage with faults', () => {
  /** Storage that does not delete what belongs to this deployment. */
  const stuckOn = ({ id }: DeploymentRecord) => ({
    ...objects,
    delete: async (keys: string[]) => {
      if (keys.some((key) => key.includes(id))) throw new Error('locked');
      await objects.delete(keys);
    },
  });

  beforeEach(() => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    return () => vi.restoreAllMocks();
  });

  test('is said, the rest goes all the same, and the next sweep finishes it', async () => {
    const app = await appKeeping(NONE);
    const [stuck, free] = [await oldDeployment(app), await oldDeployment(app)];
    const first = await run({}, { ...parts, objects: stuckOn(stuck) });
    expect(items(first.items)).toEqual(both(free));
    expect(first.failures).toEqual([{ app: app.slug, deploymentId: stuck.id, message: 'locked' }]);
    expect(first.next).toBeNull();
    expect(await storedOf(free)).toEqual([]);
    // Nobody is promised it any more, though it is still lying there.
    expect(await metadata.deployments.byId(stuck.id)).toEqual(kept(stuck, { ...GONE, leftovers: true }));
    expect(await storedOf(stuck)).toHaveLength(2);

    const second = await run();
    expect([items(second.items), second.failures]).toEqual([both(stuck), []]);
    expect(await storedOf(stuck)).toEqual([]);
    expect((await metadata.deployments.byId(stuck.id))?.leftovers).toBe(false);
    expect((await run()).items).toEqual([]);
  });

  test('gives an app up after three failures, and sweeps the others', async () => {
    const app = await appKeeping(NONE);
    for (let count = 0; count < 5; count++) await oldDeployment(app);
    const free = await oldDeployment(await appKeeping(NONE));
    const failing = {
      ...objects,
      delete: (keys: string[]) =>
        keys.some((key) => key.includes(app.id)) ? Promise.reject(new Error('locked')) : objects.delete(keys),
    };
    const { items: gone, failures, next } = await run({}, { ...parts, objects: failing });
    expect(failures).toHaveLength(3);
    expect([items(gone), next]).toEqual([both(free), null]);
  });

  test('that is down altogether breaks the run off before anything is marked', async () => {
    const record = await oldDeployment(await appKeeping(NONE));
    const down = { ...objects, ping: () => Promise.reject(new Error('down')) };
    await expect(run({}, { ...parts, objects: down })).rejects.toThrow('down');
    expect(await metadata.deployments.byId(record.id)).toEqual(kept(record));
    expect((await run({ dryRun: true }, { ...parts, objects: down })).items).toHaveLength(2);
  });
});

describe('what is decided by somebody else at the same moment', () => {
  /** Metadata in which something happens just before a part is marked. */
  const before = (happens: (id: string) => Promise<unknown>): Parts => ({
    ...parts,
    metadata: {
      ...metadata,
      deployments: {
        ...metadata.deployments,
        markRemoved: async (ids, part, at) => {
          for (const id of ids) await happens(id);
          return metadata.deployments.markRemoved(ids, part, at);
        },
      },
    },
  });

  test.each([
    ['released', (appId: string, id: string) => metadata.apps.update(appId, { release: id }), {}],
    [
      'the release before',
      (appId: string, id: string) => metadata.apps.update(appId, { previousRelease: id }),
      {},
    ],
    ['pinned', (_: string, id: string) => metadata.deployments.pin(id, true), { pinned: true }],
  ])('a deployment that is %s keeps everything', async (_, happens, marks) => {
    const app = await appKeeping(NONE);
    const record = await oldDeployment(app);
    const { items: gone, failures } = await run(
      {},
      before((id) => happens(app.id, id)),
    );
    expect([gone, failures]).toEqual([[], []]);
    expect(await storedOf(record)).toHaveLength(2);
    expect(await metadata.deployments.byId(record.id)).toMatchObject({
      artifactsRemovedAt: null,
      logRemovedAt: null,
      ...marks,
    });
  });
});

test('a promoted preview counts as production, and the release before stays', async () => {
  const app = await appKeeping({ keepLast: 1, days: 0 });
  const promoted = await oldDeployment(app, { environment: 'preview' });
  await oldDeployment(app, { environment: 'preview' });
  await metadata.deployments.markPromoted(promoted.id, new Date(NOW).toISOString());
  // Each environment keeps its newest.
  expect((await run()).items).toEqual([]);
  await oldDeployment(app);
  const release = await oldDeployment(app);
  await metadata.apps.update(app.id, { release: release.id, previousRelease: promoted.id });
  expect((await run()).items).toEqual([]);
  await metadata.apps.update(app.id, { previousRelease: null });
  expect((await run()).items.map(({ deploymentId }) => deploymentId)).toEqual([promoted.id, promoted.id]);
});

describe('source uploads', () => {
  const DAY_AGO = new Date(NOW - 86_400_001).toISOString();

  async function givenUpload(members: Partial<UploadRecord> = {}): Promise<UploadRecord> {
    const record = uploadRecord({ completed: true, usedAt: DAY_AGO, ...members });
    const upload = { ...record, key: uploadKey(record.id) };
    await metadata.uploads.insert(upload);
    await objects.put(upload.key, 'zip', 'application/zip');
    return upload;
  }
  const isThere = async ({ key }: UploadRecord) => (await objects.head(key)) !== null;
  const sweepAll = async (over: Partial<RunOptions> = {}) => {
    const { items: gone } = await run(over);
    await sweepUploads(metadata, objects, presignerOf(env), new Date(NOW));
    return gone.filter(({ what }) => what === 'source');
  };

  test('go with the artifacts of the last deployment that was built from them', async () => {
    const upload = await givenUpload();
    const [strict, generous] = [await appKeeping(NONE), await appKeeping({ keepLast: 9, days: 0 })];
    await oldDeployment(strict, { uploadId: upload.id });
    const keeping = await oldDeployment(generous, { uploadId: upload.id });
    expect(await sweepAll()).toEqual([]);
    expect(await isThere(upload)).toBe(true);

    await metadata.apps.update(generous.id, { retention: { artifacts: NONE, logs: null } });
    expect(await sweepAll()).toEqual([
      { what: 'source', app: null, deploymentId: null, uploadId: upload.id, bytes: upload.size },
    ]);
    expect(await storedOf(keeping)).toEqual(['log.ndjson.gz']);
    expect(await isThere(upload)).toBe(false);
    expect(await metadata.uploads.byId(upload.id)).toBeNull();
  });

  test('stay with a build that failed for as long as its log', async () => {
    const upload = await givenUpload();
    const app = await appKeeping({ keepLast: 1, days: 0 });
    await oldDeployment(app, { uploadId: upload.id, status: 'failed', artifacts: [] });
    expect(await sweepAll()).toEqual([]);
    await metadata.apps.update(app.id, { retention: { artifacts: null, logs: NONE } });
    expect(await sweepAll()).toHaveLength(1);
  });

  test('stay with a build that has not ended', async () => {
    const upload = await givenUpload();
    await givenDeployment(
      await appKeeping(NONE),
      {},
      { status: 'queued', finishedAt: null, uploadId: upload.id },
    );
    expect(await sweepAll()).toEqual([]);
  });

  test('that nobody ever deployed go after a day', async () => {
    const unused = await givenUpload();
    const recent = await givenUpload({ usedAt: new Date(NOW - 3_600_000).toISOString() });
    expect((await sweepAll()).map(({ uploadId }) => uploadId)).toEqual([unused.id]);
    expect([await isThere(unused), await isThere(recent)]).toEqual([false, true]);
  });

  test('that are deployed at the same moment stay', async () => {
    const upload = await givenUpload();
    const meanwhile: Parts = {
      ...parts,
      metadata: {
        ...metadata,
        deployments: {
          ...metadata.deployments,
          builtFrom: async (...asked) => {
            const built = await metadata.deployments.builtFrom(...asked);
            await metadata.uploads.touch(upload.id, AT);
            return built;
          },
        },
      },
    };
    expect((await run({}, meanwhile)).items).toEqual([]);
    expect(await metadata.uploads.byId(upload.id)).toMatchObject({ completed: true });
  });

  test('are listed in a dry run if they would be removed with the artifacts', async () => {
    const upload = await givenUpload();
    const record = await oldDeployment(await appKeeping(NONE), { uploadId: upload.id });
    const { items: told } = await run({ dryRun: true });
    expect(items(told)).toEqual([...both(record), `source ${upload.id}`].sort());
    expect(await isThere(upload)).toBe(true);
    expect(await metadata.uploads.byId(upload.id)).toMatchObject({ completed: true });
  });

  test('more than a page of them are all looked at', async () => {
    const many = await Promise.all(Array.from({ length: 60 }, () => givenUpload()));
    const gone = await sweepAll();
    expect(gone.map(({ uploadId }) => uploadId).sort()).toEqual(many.map(({ id }) => id).sort());
  });
});
