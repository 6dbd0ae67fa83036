/** A team's limits for its builds: set by its people, kept by its pool, and counted over sleep and restarts. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { App, AuditEntry, type BuildLimits, Deployment, type ErrorBody, pageOf } from '@appflux/protocol';
import { beforeEach, expect, test } from 'vitest';
import { givenRunner } from '../testing/attempt.ts';
import { founder, type SignedIn } from '../testing/people.ts';
import { connectPool } from '../testing/pool.ts';
import { forgetAll, request } from '../testing/worker.ts';

let owner: SignedIn;

beforeEach(async () => {
  await forgetAll();
  owner = await founder();
});

const pool = () => env.POOLS.getByName(owner.user.id);
const put = (limits: unknown) =>
  request('/api/team/limits', { method: 'PUT', token: owner.token, json: limits });
const shown = async () => (await request('/api/team/limits', { token: owner.token })).json();

async function limit(limits: BuildLimits): Promise<void> {
  expect((await put(limits)).status).toBe(200);
}

async function post(path: string, json: unknown): Promise<unknown> {
  const response = await request(path, { method: 'POST', token: owner.token, json });
  expect(response.ok).toBe(true);
  return response.json();
}

/** A deployment of an app of its own, whose job asks for these labels. */
async function deployed(slug: string, labels: string[] = []): Promise<string> {
  const source = { provider: 'git', repoUrl: 'https://git.example/team/site.git', branch: 'main' };
  const app = App.parse(await post('/api/apps', { name: slug, slug, source, build: { labels } }));
  return Deployment.parse(await post(`/api/apps/${app.slug}/deployments`, {})).id;
}

async function connected(slots: number) {
  const { credential } = await givenRunner(owner.user.id, { labels: ['macos'], slots });
  const runner = await connectPool(credential);
  runner.hello({ labels: ['macos'], slots });
  await expect.poll(async () => (await pool().online()).length).toBe(1);
  return runner;
}

test('a team without limits has none, and what it sets is shown and audited', async () => {
  expect(await shown()).toEqual({ builds: null, labels: {} });
  const limits = { builds: 4, labels: { macos: 2, constructor: 1 } };
  await limit(limits);
  expect(await shown()).toEqual(limits);
  const audit = await request('/api/audit?limit=1', { token: owner.token });
  const [entry] = pageOf(AuditEntry).parse(await audit.json()).items;
  expect(entry).toMatchObject({
    action: 'team.limits',
    target: { kind: 'team', name: '4 builds, 2 of macos, 1 of constructor' },
  });
  await limit({ builds: null, labels: {} });
  expect(await shown()).toEqual({ builds: null, labels: {} });
});

test('a label that is the name of a prototype is none', async () => {
  expect((await put(JSON.parse('{ "builds": 3, "labels": { "__proto__": 1 } }'))).status).toBe(200);
  expect(await shown()).toEqual({ builds: 3, labels: {} });
});

test.each<[string, unknown]>([
  ['none at all', {}],
  ['zero', { builds: 0, labels: {} }],
  ['too many', { builds: 10_001, labels: {} }],
  ['a fraction', { builds: 1.5, labels: {} }],
  ['a text', { builds: '4', labels: {} }],
  ['a label that no runner can have', { builds: null, labels: { 'Mac OS': 1 } }],
  ['a label without limit', { builds: null, labels: { macos: null } }],
  ['labels in a list', { builds: null, labels: ['macos'] }],
  ['more', { builds: null, labels: {}, apps: 1 }],
  [
    'too many labels',
    { builds: null, labels: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`l${n}`, 1])) },
  ],
])('refused: %s', async (_, limits) => {
  const response = await put(limits);
  expect([response.status, (await response.json<ErrorBody>()).error.code]).toEqual([400, 'bad_request']);
  expect(await shown()).toEqual({ builds: null, labels: {} });
});

test('what exceeds a limit waits and says for what; the end of a build and a higher limit free it', async () => {
  await limit({ builds: 2, labels: { macos: 1 } });
  const runner = await connected(9);
  const granted = () => runner.grants().map((grant) => grant.deploymentId);
  const first = await deployed('one', ['macos']);
  await expect.poll(granted).toEqual([first]);
  const second = await deployed('two', ['macos']);
  await expect
    .poll(() => pool().waitingReason(second))
    .toBe('1 build with the label `macos` is running, and the team’s limit is 1');
  const third = await deployed('three');
  await expect.poll(granted).toEqual([first, third]);
  const fourth = await deployed('four');
  await expect
    .poll(() => pool().waitingReason(fourth))
    .toBe('2 builds are running, and the team’s limit is 2');
  expect(await pool().load()).toEqual({ running: 2, queued: 2 });

  await pool().withdraw(first);
  await expect.poll(granted).toEqual([first, third, second]);
  await limit({ builds: null, labels: {} });
  await expect.poll(granted).toEqual([first, third, second, fourth]);
});

test('limits and what counts for them are the same after the pool has slept', async () => {
  await limit({ builds: null, labels: { macos: 1 } });
  const runner = await connected(9);
  const granted = () => runner.grants().map((grant) => grant.deploymentId);
  const first = await deployed('one', ['macos']);
  await expect.poll(async () => (await pool().load()).running).toBe(1);
  await evictDurableObject(pool());
  const second = await deployed('two', ['macos']);
  const third = await deployed('three');
  await expect.poll(granted).toEqual([first, third]);
  expect(await pool().waitingReason(second)).toContain('the team’s limit is 1');
  await evictDurableObject(pool());
  await pool().withdraw(first);
  await expect.poll(granted).toEqual([first, third, second]);
});

test('what an earlier version has handed out counts as a build, without its labels', async () => {
  await runInDurableObject(pool(), (_, { storage }) => {
    storage.sql.exec('DROP TABLE handed_out');
    storage.sql.exec(
      'CREATE TABLE handed_out (deployment_id TEXT PRIMARY KEY, attempt INTEGER NOT NULL, app_id TEXT NOT NULL, runner_id TEXT NOT NULL, session TEXT, accepted INTEGER NOT NULL) WITHOUT ROWID',
    );
    storage.sql.exec("INSERT INTO handed_out VALUES ('d', 1, 'a', 'r', NULL, 1)");
  });
  await evictDurableObject(pool());
  await limit({ builds: 2, labels: { macos: 1 } });
  const runner = await connected(9);
  const [mac, other] = [await deployed('one', ['macos']), await deployed('two')];
  await expect.poll(() => runner.grants().map((grant) => grant.deploymentId)).toEqual([mac]);
  expect(await pool().waitingReason(other)).toBe('2 builds are running, and the team’s limit is 2');
  await pool().withdraw('d');
  await expect.poll(() => runner.grants().map((grant) => grant.deploymentId)).toEqual([mac, other]);
});
