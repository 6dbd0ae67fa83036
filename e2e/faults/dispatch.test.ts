/** Which deployments wait, and in which order: against the real control plane. */
import { afterAll, beforeAll, it } from 'vitest';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { SimulatedRunner } from '../instance/simulated-runner.ts';

let edge: EdgeInstance;
let client: Client;
let apps = 0;

beforeAll(async () => {
  edge = await startInstance();
  client = new Client(edge);
});
afterAll(() => edge.stop());

const repoUrl = 'https://git.example/team/site.git';

async function app(label: string, build: object = {}): Promise<string> {
  apps += 1;
  const source = { provider: 'git' as const, repoUrl };
  return (await client.createApp({ name: `App ${apps}`, source, build: { labels: [label], ...build } })).slug;
}

async function runner(label: string, slots = 1): Promise<SimulatedRunner> {
  const registered = await client.registerRunner(label, [label], slots);
  return SimulatedRunner.connect(edge.url, registered, { labels: [label], slots });
}

/** Waits until the pool has the job: before that there is no reason to wait. */
const offered = (id: string) => client.until(id, ({ waitingFor }) => waitingFor !== null);

it.concurrent('supersede: a newer deployment of the same branch replaces an older one in the queue', async ({
  expect,
}) => {
  const slug = await app('supersede');
  const old = await client.deploy(slug);
  await offered(old.id);
  const other = await client.deploy(slug, { branch: 'other' });
  const preview = await client.deploy(slug, { environment: 'preview' });
  const newer = await client.deploy(slug);
  const ended = await client.untilEnded(old.id);
  expect(ended.status).toBe('canceled');
  const { items } = await client.logs(old.id);
  expect(items.at(-1)?.text).toContain(newer.id);
  for (const { id } of [other, preview, newer]) expect((await offered(id)).status).toBe('queued');
});

it.concurrent('supersede switched off: all of them are built, oldest first', async ({ expect }) => {
  const slug = await app('patient', { supersede: false });
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    const { id } = await client.deploy(slug);
    await offered(id);
    ids.push(id);
  }
  const builder = await runner('patient');
  for (const id of ids) {
    const attempt = await builder.begin();
    expect(attempt.grant.deploymentId).toBe(id);
    attempt.finish({
      status: 'failed',
      failure: { code: 'build_failed', message: 'no', phase: null, hint: 'none' },
    });
    await attempt.socket.next('finished');
    builder.free(attempt.grant);
  }
});

it.concurrent('concurrency: an app never has more simultaneous builds than its limit, even if slots are free', async ({
  expect,
}) => {
  const slug = await app('narrow', { supersede: false });
  const builder = await runner('narrow', 3);
  const first = await client.deploy(slug);
  const attempt = await builder.begin();
  expect(attempt.grant.deploymentId).toBe(first.id);
  const second = await client.deploy(slug);
  expect((await offered(second.id)).waitingFor).toBe(
    'Another build of this App is running, and its limit is 1',
  );
  await client.cancel(first.id);
  await attempt.socket.next('cancel');
  attempt.finish({ status: 'canceled' });
  expect((await builder.begin()).grant.deploymentId).toBe(second.id);
});

it.concurrent('fair between apps: many deployments of one do not make another wait', async ({ expect }) => {
  const greedy = await app('fair', { supersede: false, concurrency: 9 });
  const first = await client.deploy(greedy, { branch: 'b0' });
  await offered(first.id);
  for (let n = 1; n < 4; n += 1) await offered((await client.deploy(greedy, { branch: `b${n}` })).id);
  const modest = await client.deploy(await app('fair'));
  await offered(modest.id);
  const builder = await runner('fair', 2);
  const granted = [await builder.begin(), await builder.begin()].map(({ grant }) => grant.deploymentId);
  expect(granted.sort()).toEqual([first.id, modest.id].sort());
});

it.concurrent('repeated hello: a runner never gets more jobs than it has slots', async ({ expect }) => {
  const slug = await app('twice', { supersede: false, concurrency: 2 });
  for (let n = 0; n < 2; n += 1) await offered((await client.deploy(slug, { branch: `b${n}` })).id);
  const builder = await runner('twice');
  builder.hello({ labels: ['twice'] });
  const { grant } = await builder.begin();
  // A grant in flight before the second hello is sent again, and is the same one.
  const next = () => builder.pool.next('grant', 500);
  const other = next().then((again) => (again.grant.deploymentId === grant.deploymentId ? next() : again));
  await expect(other).rejects.toThrow('no frame grant');
  expect((await client.runners()).find(({ name }) => name === 'twice')).toMatchObject({ busy: 1, slots: 1 });
});

it.concurrent('what a runner reports about its scanner, also later, is shown while it is connected', async ({
  expect,
}) => {
  const builder = await runner('scanning');
  const shown = async () => (await client.runners()).find(({ name }) => name === 'scanning')?.scanner;
  expect(await shown()).toBeUndefined();
  const scanner = {
    policy: 'optional',
    engine: '1.4.6',
    signaturesAt: '2026-11-22T08:00:00.000Z',
  } as const;
  builder.hello({ labels: ['scanning'], scanner });
  await expect.poll(shown).toEqual(scanner);
  builder.hello({ labels: ['scanning'], scanner: { ...scanner, signaturesAt: '2026-11-23T08:00:00.000Z' } });
  await expect.poll(shown).toMatchObject({ signaturesAt: '2026-11-23T08:00:00.000Z' });
});

it.concurrent('a grant that its runner never accepts does not keep the slot', async ({ expect }) => {
  const slug = await app('deaf');
  const builder = await runner('deaf');
  const busy = async () => (await client.runners()).find(({ name }) => name === 'deaf')?.busy;
  const { id } = await client.deploy(slug);
  await builder.granted();
  expect(await busy()).toBe(1);
  await client.cancel(id);
  expect(await client.untilEnded(id, 60_000)).toMatchObject({ status: 'canceled' });
  await expect.poll(busy).toBe(0);
});

it.concurrent('drain: a draining runner finishes its builds and gets no new ones', async ({ expect }) => {
  const slug = await app('drain');
  const builder = await runner('drain', 2);
  const found = (await client.runners()).find(({ name }) => name === 'drain');
  await client.fetch('POST', `/api/runners/${found?.id}/drain`, {});
  expect(await builder.pool.next('drain')).toMatchObject({ draining: true });
  const { id } = await client.deploy(slug);
  expect((await offered(id)).waitingFor).toBe('drain is draining');
  await client.fetch('POST', `/api/runners/${found?.id}/drain`, { draining: false });
  expect((await builder.begin()).grant.deploymentId).toBe(id);
});

it.concurrent('waiting says why: which label is missing, which slots are busy, and who is ahead', async ({
  expect,
}) => {
  const missing = await client.deploy(await app('nowhere'));
  await runner('elsewhere');
  expect((await offered(missing.id)).waitingFor).toContain('`nowhere`');
  const builder = await runner('busy');
  await client.deploy(await app('busy'));
  await builder.begin();
  const ahead = await client.deploy(await app('busy'));
  await offered(ahead.id);
  const behind = await client.deploy(await app('busy'));
  await offered(behind.id);
  expect((await client.deployment(ahead.id)).waitingFor).toBe(
    'The slot of runner busy is busy, first in line',
  );
  expect((await client.deployment(behind.id)).waitingFor).toBe(
    'The slot of runner busy is busy, 1 job ahead',
  );
});

it.concurrent('cancel of a queued deployment: the pool drops the job immediately', async ({ expect }) => {
  const slug = await app('dropped');
  const { id } = await client.deploy(slug);
  await offered(id);
  expect((await client.cancel(id)).status).toBe('canceled');
  const builder = await runner('dropped');
  await expect(builder.granted(500)).rejects.toThrow('no frame grant');
});

it.concurrent('cancel with the runner offline: it ends with the lease', async ({ expect }) => {
  const slug = await app('offline');
  const builder = await runner('offline');
  const { id } = await client.deploy(slug);
  const attempt = await builder.begin();
  await Promise.all([attempt.socket.cut(), builder.pool.cut()]);
  expect((await client.cancel(id)).status).toBe('canceling');
  expect(await client.untilEnded(id, 60_000)).toMatchObject({ status: 'canceled' });
});
