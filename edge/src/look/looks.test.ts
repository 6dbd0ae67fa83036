/** Looks through the API, with runners that connect to their pool. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { Look, type LookFindings, type LookTask } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { givenRunner } from '../testing/attempt.ts';
import { founder, memberOf, type SignedIn } from '../testing/people.ts';
import { connectPool } from '../testing/pool.ts';
import { forgetAll, request } from '../testing/worker.ts';
import { LOOK_KEPT_MS, LOOK_TAKES_MS, LOOK_WAITS_MS, MAX_LOOKS } from './looks.ts';

const REPO = 'https://git.example/team/site.git';
const TOKEN = 'tok3n-of-a-private-repository';

const FINDINGS: LookFindings = {
  branch: 'main',
  defaultBranch: 'main',
  branches: ['main', 'next'],
  commit: { hash: 'a'.repeat(40), message: 'First' },
  candidates: {
    ways: [
      {
        set: { rootDirectory: null, type: null, framework: null },
        plan: {
          type: 'web',
          framework: 'vite',
          packageManager: 'npm',
          image: 'appflux/web-builder',
          node: null,
          installCommand: 'npm ci',
          buildCommand: 'npm run build',
          outputs: ['dist'],
          reasons: ['Framework: Vite.'],
        },
      },
    ],
    problem: null,
  },
};

let owner: SignedIn;

beforeEach(async () => {
  await forgetAll();
  owner = await founder();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Lets the clock of the objects jump. */
const jump = (ms: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });

const start = (body: object = {}, token = owner.token) =>
  request('/api/apps/look', {
    method: 'POST',
    token,
    json: { source: { provider: 'git', repoUrl: REPO }, ...body },
  });

async function started(body: object = {}): Promise<string> {
  const response = await start(body);
  expect(response.status).toBe(202);
  return (await response.json<{ id: string }>()).id;
}

const get = (id: string, token = owner.token) => request(`/api/apps/look/${id}`, { token });
const shown = async (id: string): Promise<Look> => Look.parse(await (await get(id)).json());

/** A runner of the team that is connected, with these features. */
async function runner(features: string[] | null = ['look'], ownerId = owner.user.id) {
  const { credential } = await givenRunner(ownerId);
  const pool = await connectPool(credential);
  pool.hello({});
  if (features !== null) pool.send({ type: 'features', features });
  const tasks = (): LookTask[] => pool.frames.flatMap((frame) => (frame.type === 'look' ? [frame.task] : []));
  return { ...pool, credential, tasks };
}

const stored = () =>
  runInDurableObject(env.POOLS.getByName(owner.user.id), (_, { storage }) =>
    storage.sql.exec('SELECT * FROM looks').toArray(),
  );

describe('a look', () => {
  test('goes to a runner that looks, and gives what it has found with the default plan', async () => {
    const one = await runner();
    const id = await started();
    await expect.poll(one.tasks).toHaveLength(1);
    expect(one.tasks()[0]).toEqual({
      id,
      repoUrl: REPO,
      branch: null,
      rootDirectory: null,
      token: null,
      access: {},
      servers: env.SERVERS !== undefined,
    });
    expect((await shown(id)).status).toBe('looking');
    one.send({ type: 'looked', id, outcome: { findings: FINDINGS } });
    await expect.poll(async () => (await shown(id)).status).toBe('done');
    expect((await shown(id)).result).toEqual({ ...FINDINGS, plan: FINDINGS.candidates.ways[0]?.plan });
  });

  test('waits for one that connects', async () => {
    const id = await started({
      source: { provider: 'git', repoUrl: REPO, branch: 'next', rootDirectory: 'web' },
    });
    expect((await shown(id)).status).toBe('waiting');
    const one = await runner();
    await expect.poll(one.tasks).toMatchObject([{ id, branch: 'next', rootDirectory: 'web' }]);
  });

  test('has no plan while there is a problem with the default way', async () => {
    const one = await runner();
    const id = await started();
    await expect.poll(one.tasks).toHaveLength(1);
    const problem = { message: 'There are several', hint: null, isAmbiguous: true };
    const candidates = { ...FINDINGS.candidates, problem };
    one.send({ type: 'looked', id, outcome: { findings: { ...FINDINGS, candidates } } });
    await expect.poll(async () => (await shown(id)).result).toMatchObject({ plan: null, candidates });
  });

  test('that failed says why', async () => {
    const one = await runner();
    const id = await started();
    await expect.poll(one.tasks).toHaveLength(1);
    const error = {
      code: 'source_unavailable',
      message: 'It is private.',
      hint: 'Enter a token.',
      credential: 'missing',
    } as const;
    one.send({ type: 'looked', id, outcome: { error } });
    await expect.poll(async () => shown(id)).toMatchObject({ status: 'failed', error });
  });

  test('is asked for again on the next connection of its runner', async () => {
    const one = await runner();
    const id = await started();
    await expect.poll(one.tasks).toHaveLength(1);
    const again = await connectPool(one.credential);
    again.hello({});
    again.send({ type: 'features', features: ['look'] });
    await expect.poll(() => again.frames.some(({ type }) => type === 'look')).toBe(true);
    again.send({ type: 'looked', id, outcome: { findings: FINDINGS } });
    await expect.poll(async () => (await shown(id)).status).toBe('done');
  });

  test('is not given to a runner that does not look, nor to one of another team', async () => {
    const earlier = await runner(null);
    const other = await runner(['pictures']);
    const stranger = await founder();
    const theirs = await runner(['look'], stranger.user.id);
    const id = await started();
    jump(LOOK_WAITS_MS);
    expect(await shown(id)).toMatchObject({ status: 'failed', error: { code: 'no_runner' } });
    for (const one of [earlier, other, theirs]) expect(one.tasks()).toEqual([]);
  });

  test('is spread over the runners', async () => {
    const two = [await runner(), await runner()];
    await expect
      .poll(() => env.POOLS.getByName(owner.user.id).online())
      .toMatchObject([{ features: ['look'] }, { features: ['look'] }]);
    await started();
    await started();
    await expect.poll(() => two.map(({ tasks }) => tasks().length)).toEqual([1, 1]);
  });

  test('whose runner never answers fails', async () => {
    const one = await runner();
    const id = await started();
    await expect.poll(one.tasks).toHaveLength(1);
    jump(LOOK_TAKES_MS);
    expect(await shown(id)).toMatchObject({ status: 'failed', error: { code: 'runner_lost' } });
    one.send({ type: 'looked', id, outcome: { findings: FINDINGS } });
    await expect.poll(async () => (await stored())[0]?.sealed).toBeNull();
    expect((await shown(id)).status).toBe('failed');
  });
});

describe('what is kept of a look', () => {
  test('is sealed, without its credential after the end, and gone after some minutes', async () => {
    const one = await runner();
    const id = await started({ credential: { kind: 'token', token: TOKEN } });
    await expect.poll(one.tasks).toMatchObject([{ token: TOKEN }]);
    const before = JSON.stringify(await stored());
    expect(before).toContain(id);
    expect(before).not.toContain(TOKEN);
    expect(before).not.toContain('git.example');
    expect(await (await get(id)).text()).not.toContain(TOKEN);
    one.send({ type: 'looked', id, outcome: { findings: FINDINGS } });
    await expect.poll(async () => (await stored())[0]?.sealed).toBeNull();
    jump(LOOK_KEPT_MS + 1000);
    expect(await runDurableObjectAlarm(env.POOLS.getByName(owner.user.id))).toBe(true);
    expect(await stored()).toEqual([]);
    expect((await get(id)).status).toBe(404);
  });

  test.each([
    ['no runner takes', false, LOOK_WAITS_MS],
    ['a runner never ends', true, LOOK_TAKES_MS],
  ])(
    'has no credential beyond the end of a look that %s, though nobody asks for it again',
    async (_, isTaken, time) => {
      const one = isTaken ? await runner() : null;
      await started({ credential: { kind: 'token', token: TOKEN } });
      if (one !== null) await expect.poll(one.tasks).toHaveLength(1);
      const pool = env.POOLS.getByName(owner.user.id);
      const alarm = () => runInDurableObject(pool, (__, { storage }) => storage.getAlarm());
      const end = Date.now() + time;
      await expect.poll(async () => ((await alarm()) ?? Infinity) <= end).toBe(true);
      jump(time);
      expect(await runDurableObjectAlarm(pool)).toBe(true);
      expect(await stored()).toMatchObject([{ sealed: null }]);
      expect(await alarm()).toBeLessThanOrEqual(Date.now() + LOOK_KEPT_MS);
    },
  );

  test('is shown only to the caller who asked for it', async () => {
    const id = await started();
    const admin = await memberOf(owner.user.id, 'admin');
    const stranger = await founder();
    for (const { token } of [admin, stranger]) expect((await get(id, token)).status).toBe(404);
    expect((await get(id)).status).toBe(200);
  });

  test('is not changed by a runner that was not given it', async () => {
    const one = await runner();
    const id = await started();
    await expect.poll(one.tasks).toHaveLength(1);
    const other = await runner();
    other.send({ type: 'looked', id, outcome: { findings: FINDINGS } });
    other.send({ type: 'looked', id: '0'.repeat(24), outcome: { findings: FINDINGS } });
    await expect.poll(() => env.POOLS.getByName(owner.user.id).online()).toHaveLength(2);
    expect((await shown(id)).status).toBe('looking');
  });
});

describe('what is refused', () => {
  test.each([
    [
      'a URL with a password',
      { source: { provider: 'git', repoUrl: 'https://me:secret@git.example/x.git' } },
    ],
    ['a file', { source: { provider: 'git', repoUrl: 'file:///etc' } }],
    ['an option as a branch', { source: { provider: 'git', repoUrl: REPO, branch: '--upload-pack=x' } }],
    ['a root directory outside', { source: { provider: 'git', repoUrl: REPO, rootDirectory: '../x' } }],
    ['an upload', { source: { provider: 'upload' } }],
    ['a token with a line end', { credential: { kind: 'token', token: 'a\nb' } }],
  ])('%s', async (_, body) => {
    const response = await start(body);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain('secret');
  });

  test('an SSH key for a host whose keys nobody knows', async () => {
    const credential = { kind: 'ssh', privateKey: 'x' };
    const source = { provider: 'git', repoUrl: 'ssh://git@git.example/team/site.git' };
    expect((await start({ source, credential })).status).toBe(422);
  });

  test('too many at a time, for a team', async () => {
    for (let n = 0; n < MAX_LOOKS; n += 1) await started();
    const response = await start();
    expect(response.status).toBe(429);
    expect(response.headers.get('Retry-After')).not.toBeNull();
    jump(LOOK_WAITS_MS);
    expect((await start()).status).toBe(202);
  });

  test('too many after each other, for one person and their tokens; another is not held up', async () => {
    const statuses = [];
    for (let n = 0; n < 31; n += 1) {
      // Those before have ended.
      if (n === 15) jump(LOOK_WAITS_MS);
      statuses.push((await start()).status);
    }
    expect(statuses.slice(0, 30)).toEqual(Array.from({ length: 30 }, () => 202));
    expect(statuses[30]).toBe(429);
    const json = { name: 'ci', scopes: ['apps:write'] };
    const made = await request('/api/tokens', { method: 'POST', token: owner.token, json });
    expect((await start({}, (await made.json<{ token: string }>()).token)).status).toBe(429);
    const another = await founder();
    expect((await start({}, another.token)).status).toBe(202);
  });
});

test('an app called “look” keeps its routes', async () => {
  const json = { name: 'look', source: { provider: 'upload' } };
  expect((await request('/api/apps', { method: 'POST', token: owner.token, json })).status).toBe(201);
  for (const path of ['', '/deployments', '/domains', '/schedules'])
    expect((await request(`/api/apps/look${path}`, { token: owner.token })).status).toBe(200);
});
