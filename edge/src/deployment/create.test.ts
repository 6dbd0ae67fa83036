import { env } from 'cloudflare:workers';
import { Job, type PullRequestRef } from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord } from '../metadata/testing/sample-records.ts';
import { createSealer, fileLabel, variableLabel } from '../secrets/sealing.ts';
import { forgetAll } from '../testing/worker.ts';
import type { Snapshot } from './answers.ts';
import { createDeployment, createSkipped, redeploy } from './create.ts';

const metadata = metadataOf(env);
const parts = { env, metadata };
const creator = { kind: 'github', name: 'ada' } as const;
const actor = { kind: 'user', id: null, name: 'grace' } as const;
const runner = { id: newObjectId(), name: 'one' };
const COMMIT = 'a'.repeat(40);

let app: AppRecord;

beforeEach(async () => {
  await forgetAll();
  app = appRecord();
  const sealer = createSealer(env);
  const environments = ['production', 'preview'] as const;
  const sealed = await sealer.seal('very-secret', variableLabel(app.id, 'TOKEN'));
  app.envVars = { TOKEN: { sealed, environments: [...environments] } };
  await metadata.apps.insert(app);
  const file = await sealer.seal('c2VjcmV0', fileLabel(app.id, 'KEY'));
  await metadata.files.set(app.id, 'KEY', { size: 6, environments: [...environments], sealed: file });
});

const pullRequest = (fork: boolean): PullRequestRef => ({
  number: 7,
  title: 'Add a page',
  url: 'https://git.example/team/app/pull/7',
  fork,
});

/** The job that a runner gets; null if it gets none. */
async function jobOf({ record }: Snapshot): Promise<Job | null> {
  const answer = await env.DEPLOYMENTS.getByName(record.id).claim(runner);
  // As it travels: a runner reads it with the schema.
  return 'granted' in answer ? Job.parse(JSON.parse(JSON.stringify(answer.granted.job))) : null;
}

const depth = () => env.POOLS.getByName(app.ownerId).depth();
const actions = async () =>
  (await metadata.audit.list(app.ownerId, { limit: 10 })).items.map(({ action, actor }) => [
    action,
    actor.name,
  ]);
const again = (snapshot: Snapshot, options: { latest?: boolean } = {}) =>
  env.DEPLOYMENTS.getByName(snapshot.record.id)
    .spec()
    .then((spec) => {
      if (spec === null) throw new Error('there is no spec');
      const { commitHash } = snapshot.record;
      const { pullRequest } = snapshot.record;
      const asked = { clearCache: false, latest: false, commitHash, pullRequest, actor, ...options };
      return redeploy(parts, app, spec, { ...asked, creator: { kind: 'user', name: 'grace' } });
    });

describe('a deployment', () => {
  test('is numbered within its app, and says who created it', async () => {
    const first = await createDeployment(
      parts,
      app,
      {},
      { creator, trigger: 'push', commitMessage: 'Fix it' },
    );
    const second = await createDeployment(parts, app, {}, { creator });
    expect([first.record, second.record]).toMatchObject([
      { number: 1, creator, trigger: 'push', commitMessage: 'Fix it', pullRequest: null, skipped: null },
      { number: 2, creator, trigger: 'manual' },
    ]);
    expect(await metadata.deployments.byId(first.record.id)).toMatchObject({ number: 1, creator });
    expect(await actions()).toEqual([
      ['deployment.create', 'ada'],
      ['deployment.create', 'ada'],
    ]);
  });

  test('with an id is created once, and takes one number', async () => {
    const id = newObjectId();
    const first = await createDeployment(parts, app, { commit: COMMIT }, { creator, id });
    const repeated = await createDeployment(parts, app, { commit: COMMIT }, { creator, id });
    expect(repeated.record).toEqual(first.record);
    const next = await createDeployment(parts, app, {}, { creator, idempotencyKey: 'k' });
    expect((await createDeployment(parts, app, {}, { creator, idempotencyKey: 'k' })).record.id).toBe(
      next.record.id,
    );
    expect((await createDeployment(parts, app, {}, { creator })).record.number).toBe(3);
    expect(await actions()).toHaveLength(3);
  });

  test('that was refused can be asked for again with its key', async () => {
    const full = { env: { ...env, MAX_QUEUED: '0' }, metadata };
    const options = { creator, idempotencyKey: 'k' };
    await expect(createDeployment(full, app, {}, options)).rejects.toMatchObject({ code: 'queue_full' });
    expect((await createDeployment(parts, app, {}, options)).record).toMatchObject({
      status: 'queued',
      number: 1,
    });
  });

  test.each([
    ['pull_request', 'push'],
    ['schedule', 'hook'],
    ['push', 'push'],
  ] as const)('of the trigger %s is a job that older runners know: %s', async (trigger, known) => {
    const created = await createDeployment(parts, app, {}, { creator, trigger });
    expect(created.record.trigger).toBe(trigger);
    expect((await jobOf(created))?.trigger).toBe(known);
  });

  test('of a tag is of no branch', async () => {
    const created = await createDeployment(
      parts,
      app,
      { branch: 'v1', commit: COMMIT },
      { creator, tag: 'v1' },
    );
    expect(created.record).toMatchObject({ tag: 'v1', branch: null });
  });
});

describe('a pull request', () => {
  test('of the team itself gets variables and files, without approval', async () => {
    const created = await createDeployment(
      parts,
      app,
      { branch: 'next', environment: 'preview' },
      { creator, pullRequest: pullRequest(false) },
    );
    expect(created.record).toMatchObject({ approval: null, branch: 'next' });
    expect(await jobOf(created)).toMatchObject({
      variables: { TOKEN: 'very-secret' },
      files: { KEY: 'c2VjcmV0' },
    });
  });

  // What the caller says besides does not matter: that it comes from a fork is enough.
  test('from a fork waits for approval, and never gets variables, files, a cache or the name of a branch', async () => {
    const created = await createDeployment(
      parts,
      app,
      { branch: 'main', commit: COMMIT, environment: 'production' },
      { creator, trigger: 'pull_request', pullRequest: pullRequest(true) },
    );
    expect(created.record).toMatchObject({
      approval: { state: 'required', by: null },
      waiting: { reason: 'approval' },
      environment: 'preview',
      branch: 'pull/7',
    });
    const object = env.DEPLOYMENTS.getByName(created.record.id);
    await object.offer();
    expect([await depth(), await jobOf(created)]).toEqual([0, null]);
    expect(await object.approve('grace')).toMatchObject({
      approved: { record: { approval: { by: 'grace' } } },
    });
    await object.offer();
    expect(await depth()).toBe(1);
    expect(await jobOf(created)).toMatchObject({
      variables: {},
      files: {},
      environment: 'preview',
      clearCache: true,
      source: { branch: 'pull/7', commit: COMMIT },
    });
  });

  test('from a fork that is built again gets no variables, and its newest commit is not built unseen', async () => {
    const input = { branch: 'main', commit: COMMIT };
    const options = {
      creator,
      approval: 'required',
      variables: 'none',
      pullRequest: pullRequest(true),
    } as const;
    const created = await createDeployment(parts, app, input, options);
    await expect(again(created, { latest: true })).rejects.toMatchObject({ code: 'unprocessable' });
    const repeated = await again(created);
    expect(repeated.record).toMatchObject({
      approval: null,
      environment: 'preview',
      pullRequest: { fork: true },
    });
    expect(await jobOf(repeated)).toMatchObject({ variables: {}, files: {}, source: { commit: COMMIT } });
    expect((await actions())[0]).toEqual(['deployment.redeploy', 'grace']);
  });
});

test('the newest commit is that of the app’s repository, and not of one that has its earlier address', async () => {
  const pinned = await createDeployment(parts, app, { commit: COMMIT }, { creator });
  const open = await createDeployment(parts, app, {}, { creator });
  if (app.source.provider === 'upload') throw new Error('the app has a repository');
  const earlier = app.source.repoUrl;
  const repoUrl = 'https://git.example/team/moved.git';
  app = { ...app, source: { ...app.source, repoUrl } };
  const sourceOf = async (snapshot: Snapshot) => (await jobOf(snapshot))?.source;
  expect(await sourceOf(await again(pinned, { latest: true }))).toMatchObject({ repoUrl, commit: null });
  expect(await sourceOf(await again(open))).toMatchObject({ repoUrl, commit: null });
  // A commit's name says what it is, wherever it comes from.
  expect(await sourceOf(await again(pinned))).toMatchObject({ repoUrl: earlier, commit: COMMIT });
});

test('what came from a fork and is built again by a Git host’s event waits for approval again', async () => {
  const created = await createDeployment(
    parts,
    app,
    { commit: COMMIT },
    { creator, pullRequest: pullRequest(true) },
  );
  const spec = await env.DEPLOYMENTS.getByName(created.record.id).spec();
  if (spec === null) throw new Error('there is no spec');
  const asked = { clearCache: false, latest: false, commitHash: COMMIT, creator };
  const repeated = await redeploy(parts, app, spec, {
    ...asked,
    actor: { kind: 'github', id: null, name: 'mallory' },
  });
  expect(repeated.record.approval).toEqual({ state: 'required', by: null });
  expect(await jobOf(repeated)).toBeNull();
});

test('a pull request that was opened for a commit later is that of its redeployments, too', async () => {
  const created = await createDeployment(parts, app, { branch: 'next' }, { creator });
  await env.DEPLOYMENTS.getByName(created.record.id).adopt(pullRequest(false));
  const record = await metadata.deployments.byId(created.record.id);
  expect(record).not.toBeNull();
  const adopted = await env.DEPLOYMENTS.getByName(created.record.id).snapshot();
  if (adopted === null) throw new Error('it is not there');
  expect((await again(adopted)).record.pullRequest).toEqual(pullRequest(false));
});

describe('what is skipped', () => {
  test('is listed with its reason, is no job, and is built by a redeploy', async () => {
    const options = { creator, trigger: 'push', reason: 'Nothing below web/ changed' } as const;
    const skipped = await createSkipped(parts, app, { branch: 'main', commit: COMMIT }, options);
    expect(await metadata.deployments.byId(skipped.record.id)).toMatchObject({
      status: 'canceled',
      skipped: { reason: 'Nothing below web/ changed' },
      attempt: 0,
      number: 1,
    });
    const object = env.DEPLOYMENTS.getByName(skipped.record.id);
    await object.offer();
    expect([await depth(), await jobOf(skipped)]).toEqual([0, null]);
    expect(await object.logs(0, 10)).toEqual({ items: [], lastSeq: 0, ended: true });
    expect(await actions()).toEqual([]);
    const built = await again(skipped);
    expect(built.record).toMatchObject({ status: 'queued', skipped: null, commitHash: COMMIT });
    expect(await jobOf(built)).toMatchObject({
      variables: { TOKEN: 'very-secret' },
      source: { commit: COMMIT },
    });
  });

  test('of a fork is built by a redeploy without variables', async () => {
    const options = { creator, pullRequest: pullRequest(true), reason: 'Forks are not deployed' };
    const skipped = await createSkipped(parts, app, { branch: 'main', commit: COMMIT }, options);
    const built = await again(skipped);
    expect(built.record).toMatchObject({ environment: 'preview', branch: 'pull/7' });
    expect(await jobOf(built)).toMatchObject({ variables: {}, files: {} });
  });

  test('with an id is listed once, and a long reason is cut', async () => {
    const options = { creator, id: newObjectId(), reason: 'x'.repeat(1000) };
    const first = await createSkipped(parts, app, {}, options);
    expect((await createSkipped(parts, app, {}, options)).record).toEqual(first.record);
    expect(first.record.skipped?.reason).toHaveLength(500);
  });
});
