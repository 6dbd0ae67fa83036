/** Who may build, and what happens when a runner disappears: against the real control plane. */
import { RefusedError } from '@appflux/client';
import { CLOSE, LEASE_MS } from '@appflux/protocol';
import { afterAll, beforeAll, it } from 'vitest';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { SimulatedRunner } from '../instance/simulated-runner.ts';

let edge: EdgeInstance;
let client: Client;
let upload: string;
let apps = 0;

beforeAll(async () => {
  edge = await startInstance();
  client = new Client(edge);
  upload = await client.upload('site.zip', Buffer.from('ignored by a simulated runner'));
});
afterAll(() => edge.stop());

/** A queued deployment of an app of its own, for a runner that has this label only. */
async function queued(label: string): Promise<{ id: string; slug: string }> {
  apps += 1;
  const { slug } = await client.createApp({ name: `App ${apps}`, build: { labels: [label] } });
  const { id } = await client.deploy(slug, { uploadId: upload });
  return { id, slug };
}

const SHA256 = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';

it.concurrent('two simultaneous claims: one of two runners gets the job', async ({ expect }) => {
  const [first, second] = await Promise.all(
    ['left', 'right'].map(async (name) =>
      SimulatedRunner.connect(edge.url, await client.registerRunner(name, ['two']), { labels: ['two'] }),
    ),
  );
  const { id } = await queued('two');
  const { runner } = await client.until(id, ({ status }) => status === 'building');
  const [winner, loser] = runner?.name === 'left' ? [first, second] : [second, first];
  const { grant } = (await winner?.granted()) ?? {};
  expect(grant).toMatchObject({ deploymentId: id, attempt: 1 });
  await expect(loser?.granted(500)).rejects.toThrow('no frame grant');
});

it.concurrent('claim answer lost: the runner gets the same grant again when it reconnects', async ({
  expect,
}) => {
  const registered = await client.registerRunner('forgetful', ['lost']);
  const before = await SimulatedRunner.connect(edge.url, registered, { labels: ['lost'] });
  const { id } = await queued('lost');
  const first = await before.granted();
  await before.pool.cut();
  const after = await SimulatedRunner.connect(edge.url, registered, { labels: ['lost'] });
  const second = await after.granted();
  expect(second.grant).toMatchObject({ deploymentId: id, attempt: 1, leaseToken: first.grant.leaseToken });
});

it.concurrent('same runner claims again: a grant that it accepted is not sent twice', async ({ expect }) => {
  const registered = await client.registerRunner('steady', ['steady']);
  const before = await SimulatedRunner.connect(edge.url, registered, { labels: ['steady'] });
  const { id } = await queued('steady');
  const { grant } = await before.begin();
  await before.pool.cut();
  const running = [{ deploymentId: id, attempt: grant.attempt }];
  const after = await SimulatedRunner.connect(edge.url, registered, { labels: ['steady'], running });
  await expect(after.granted(500)).rejects.toThrow('no frame grant');
  expect((await client.runners()).find((runner) => runner.name === 'steady')).toMatchObject({
    busy: 1,
    slots: 1,
  });
});

it.concurrent('runner dies: the deployment is offered again, and the old attempt is refused everywhere', async ({
  expect,
}) => {
  const registered = await client.registerRunner('mortal', ['mortal']);
  const first = await SimulatedRunner.connect(edge.url, registered, { labels: ['mortal'] });
  const { id } = await queued('mortal');
  const old = await first.begin();
  old.lines(1, 3);
  await old.acked();
  await Promise.all([old.socket.cut(), first.pool.cut()]);

  const second = await SimulatedRunner.connect(edge.url, registered, { labels: ['mortal'] });
  const next = await second.granted(60_000);
  expect(next.grant).toMatchObject({ deploymentId: id, attempt: 2 });
  expect(next.grant.leaseToken).not.toBe(old.grant.leaseToken);

  expect(await old.connect().closed).toMatchObject({ code: CLOSE.staleAttempt });
  const { items } = await client.logs(id);
  expect(items.map(({ seq }) => seq)).toEqual(items.map((_, index) => index + 1));
  expect(items.at(-1)?.text).toMatch(/mortal gave no sign of life.*attempt 2 of 3/);
});

it.concurrent('paused runner wakes after expiry: another has its build, and its own frames change nothing', async ({
  expect,
}) => {
  const asleep = await SimulatedRunner.connect(
    edge.url,
    await client.registerRunner('sleeper', ['sleepy']),
    { labels: ['sleepy'], slots: 3 },
    { silent: true },
  );
  const { id } = await queued('sleepy');
  const paused = await asleep.begin();
  const awake = await SimulatedRunner.connect(edge.url, await client.registerRunner('waker', ['sleepy']), {
    labels: ['sleepy'],
  });
  // Neither frames nor pings, like a stopped process. It has more free slots than the other, but is not heard from.
  const next = await awake.granted(60_000);
  expect(next.grant).toMatchObject({ deploymentId: id, attempt: 2 });
  expect(await paused.socket.closed).toMatchObject({ code: CLOSE.staleAttempt });
  // It should say hello again, if it is there.
  expect(await asleep.pool.closed).toMatchObject({ code: CLOSE.goingAway });
  await next.socket.next('welcome');
  next.socket.send({ type: 'finish', attempt: 1, result: { status: 'success', artifacts: ['x.zip'] } });
  expect(await next.socket.closed).toMatchObject({ code: CLOSE.staleAttempt });
  expect(await client.deployment(id)).toMatchObject({ status: 'building', attempt: 2 });
});

it.concurrent('the only runner is paused: its build waits for it, and does not fail', async ({ expect }) => {
  const registered = await client.registerRunner('laptop', ['alone']);
  const asleep = await SimulatedRunner.connect(
    edge.url,
    registered,
    { labels: ['alone'], slots: 3 },
    { silent: true },
  );
  const { id } = await queued('alone');
  await asleep.begin();
  expect(await asleep.pool.closed).toMatchObject({ code: CLOSE.goingAway });
  const waiting = await client.until(id, ({ status }) => status === 'queued');
  expect(waiting.attempt).toBe(1);
  expect(waiting.waitingFor).toContain('No online runner has the label `alone`');
  const awake = await SimulatedRunner.connect(edge.url, registered, { labels: ['alone'], slots: 3 });
  expect((await awake.granted()).grant).toMatchObject({ deploymentId: id, attempt: 2 });
});

it.concurrent('a restarted runner has given its build back: it is offered again immediately', async ({
  expect,
}) => {
  const registered = await client.registerRunner('reborn', ['reborn']);
  const connect = (session: string) =>
    SimulatedRunner.connect(edge.url, registered, { labels: ['reborn'], session });
  const before = await connect('first process');
  const { id } = await queued('reborn');
  const old = await before.begin();
  await Promise.all([old.socket.cut(), before.pool.cut()]);
  const killedAt = performance.now();
  const after = await connect('second process');
  expect((await after.granted()).grant).toMatchObject({ deploymentId: id, attempt: 2 });
  expect(performance.now() - killedAt).toBeLessThan(LEASE_MS / 2);
  expect(await old.connect().closed).toMatchObject({ code: CLOSE.staleAttempt });
  const { items } = await client.logs(id);
  expect(items.at(-1)?.text).toMatch(/reborn was (?:re)?started.*attempt 2 of 3/);
});

it.concurrent('a runner that only lost its connection keeps its build, whatever it reports', async ({
  expect,
}) => {
  const registered = await client.registerRunner('same', ['same']);
  const connect = () =>
    SimulatedRunner.connect(edge.url, registered, { labels: ['same'], session: 'only process' });
  const before = await connect();
  const { id } = await queued('same');
  const attempt = await before.begin();
  await before.pool.cut();
  const after = await connect();
  await expect(after.granted(500)).rejects.toThrow('no frame grant');
  attempt.lines(1, 3);
  expect(await attempt.acked()).toBe(3);
  expect(await client.deployment(id)).toMatchObject({ status: 'building', attempt: 1 });
});

it.concurrent('finish twice with different results: the first one counts', async ({ expect }) => {
  const runner = await SimulatedRunner.connect(edge.url, await client.registerRunner('twice', ['twice']), {
    labels: ['twice'],
  });
  const { id, slug } = await queued('twice');
  const attempt = await runner.begin();
  await attempt.deliver({ name: 'app.zip', sha256: SHA256 }, 'hello');
  attempt.finish({ status: 'success', artifacts: ['app.zip'] });
  attempt.finish({ status: 'canceled' });
  await attempt.socket.closed;
  const ended = await client.untilEnded(id);
  expect(ended).toMatchObject({
    status: 'success',
    artifacts: [{ name: 'app.zip', size: 5, sha256: SHA256 }],
  });
  expect(await (await fetch(ended.artifacts[0]?.url ?? '')).text()).toBe('hello');
  expect((await client.app(slug)).release).toBe(id);
});

it.concurrent('crash between upload and commit: a success whose artifact storage does not have is a failure', async ({
  expect,
}) => {
  const runner = await SimulatedRunner.connect(edge.url, await client.registerRunner('boaster', ['boast']), {
    labels: ['boast'],
  });
  const { id } = await queued('boast');
  const attempt = await runner.begin();
  attempt.socket.send({
    type: 'upload',
    attempt: 1,
    request: 'r',
    name: 'app.zip',
    size: 5,
    sha256: SHA256,
    contentType: 'application/zip',
    meta: {},
  });
  await attempt.socket.next('upload_granted');
  attempt.finish({ status: 'success', artifacts: ['app.zip'] });
  expect(await client.untilEnded(id)).toMatchObject({
    status: 'failed',
    failure: { code: 'upload_failed' },
    artifacts: [],
  });
});

it.concurrent('cancel races finish: after canceling was reported, the deployment ends as canceled', async ({
  expect,
}) => {
  const runner = await SimulatedRunner.connect(edge.url, await client.registerRunner('racer', ['race']), {
    labels: ['race'],
  });
  const { id } = await queued('race');
  const attempt = await runner.begin();
  await attempt.deliver({ name: 'app.zip', sha256: SHA256 }, 'hello');
  expect((await client.cancel(id)).status).toBe('canceling');
  await attempt.socket.next('cancel');
  attempt.finish({ status: 'success', artifacts: ['app.zip'] });
  expect(await client.untilEnded(id)).toMatchObject({ status: 'canceled', artifacts: [] });
  await expect(client.cancel(id)).rejects.toThrow(RefusedError);
});

it.concurrent('a removed runner is disconnected in the middle of its build', async ({ expect }) => {
  const registered = await client.registerRunner('fired', ['fired']);
  const runner = await SimulatedRunner.connect(edge.url, registered, { labels: ['fired'] });
  const { id } = await queued('fired');
  const attempt = await runner.begin();
  expect((await client.fetch('DELETE', `/api/runners/${registered.id}`)).status).toBe(204);
  expect(await runner.pool.closed).toMatchObject({ code: CLOSE.unauthorized });
  expect(await attempt.socket.closed).toMatchObject({ code: CLOSE.staleAttempt });
  const waiting = await client.until(id, ({ status }) => status === 'queued');
  expect(waiting.waitingFor).toContain('No online runner has the label `fired`');
});
