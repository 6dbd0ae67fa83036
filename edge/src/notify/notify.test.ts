/** Notifications from a deployment's change to a receiver on loopback (vitest.receivers.ts), in real objects. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type CreatedHook, type CreateHook, ErrorBody, Hook, HookDelivery, Hooks } from '@appflux/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { ReceivedMail } from '../../vitest.mail.ts';
import type { ReceivedRequest, ReceiverAnswer } from '../../vitest.receivers.ts';
import { supersededBy } from '../deployment/superseded.ts';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord, DeploymentRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord, deploymentRecord } from '../metadata/testing/sample-records.ts';
import { deadLettersOf } from '../objects/dead-letters.ts';
import { founder, memberOf } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';
import { announce, notificationsOf } from './announce.ts';
import type { NotificationBody } from './body.ts';
import { countEmail, EMAILS } from './email-limits.ts';

let token: string;
let team: string;
let app: AppRecord;

/** A slug that no other test has. */
const slugOf = (name: string) => `${name}-${newObjectId().slice(-8)}`;

beforeAll(async () => {
  await forgetAll();
  env.APPFLUX_ALLOW_PRIVATE_TARGETS = '1';
});
afterAll(() => {
  delete env.APPFLUX_ALLOW_PRIVATE_TARGETS;
});
beforeEach(async () => {
  const owner = await founder();
  [token, team] = [owner.token, owner.user.id];
  app = appRecord({ ownerId: team, name: 'Shop', slug: slugOf('shop') });
  await metadataOf(env).apps.insert(app);
});

const call = (method: string, path: string, json?: unknown) =>
  request(`/api/hooks${path}`, { method, token, ...(json === undefined ? {} : { json }) });

/** A receiver of its own. */
function receiver(...answers: ReceiverAnswer[]) {
  const url = `${inject('receivers')}/${crypto.randomUUID()}`;
  return {
    url,
    answers: (...list: ReceiverAnswer[]) => fetch(url, { method: 'PUT', body: JSON.stringify(list) }),
    start: async function () {
      if (answers.length > 0) await this.answers(...answers);
      return this;
    },
    received: async () => (await fetch(url)).json<ReceivedRequest[]>(),
  };
}

const EVERY = [
  'deployment.succeeded',
  'deployment.failed',
  'deployment.recovered',
  'deployment.canceled',
  'deployment.waiting',
] as const;

async function created(hook: Partial<CreateHook>): Promise<CreatedHook> {
  const response = await call('POST', '', { kind: 'webhook', events: EVERY, ...hook });
  expect(response.status).toBe(201);
  return response.json();
}

/** A deployment that has ended this moment. */
const ended = (members: Partial<DeploymentRecord> = {}): DeploymentRecord => {
  const now = new Date().toISOString();
  return deploymentRecord(app, {
    status: 'success',
    createdAt: now,
    startedAt: now,
    finishedAt: now,
    ...members,
  });
};

const announced = (record: DeploymentRecord, cancelReason: string | null = null) =>
  announce({ env, metadata: metadataOf(env) }, record, cancelReason);

/** Lets an object do what is due, and waits until that is done: its alarm may also have rung by itself. */
async function ring(hook: { id: string }): Promise<void> {
  const stub = env.NOTIFICATIONS.getByName(hook.id);
  await runDurableObjectAlarm(stub);
  const unsettled = () =>
    runInDurableObject(stub, (_, { storage }) =>
      storage.sql
        .exec(
          'SELECT id FROM deliveries WHERE next_at <= ? OR (round = 0 AND tries > json_array_length(attempts))',
          Date.now(),
        )
        .toArray(),
    );
  await expect.poll(unsettled, { timeout: 20_000 }).toEqual([]);
}

/** The same as if the time until the next attempt had passed. */
async function ringLater(hook: { id: string }): Promise<void> {
  await runInDurableObject(env.NOTIFICATIONS.getByName(hook.id), (_, { storage }) => {
    storage.sql.exec('UPDATE deliveries SET next_at = 0 WHERE next_at IS NOT NULL');
  });
  await ring(hook);
}

async function deliveries(hook: { id: string }): Promise<HookDelivery[]> {
  const response = await call('GET', `/${hook.id}/deliveries?limit=100`);
  const { items } = await response.json<{ items: unknown[] }>();
  return items.map((item) => HookDelivery.parse(item));
}

const hookNow = async (hook: { id: string }) => {
  const { items } = Hooks.parse(await (await call('GET', '')).json());
  return Hook.parse(items.find(({ id }) => id === hook.id));
};

const lettersOf = async (hook: { id: string }) =>
  (await deadLettersOf(env).list({ limit: 100 })).items.filter(({ message }) =>
    JSON.stringify(message).includes(hook.id),
  );

const bodyOf = ({ body }: ReceivedRequest): NotificationBody => JSON.parse(atob(body));

/** The HMAC that a receiver computes, with another library than ours. */
async function signatureOf(secret: string, timestamp: string, { body }: ReceivedRequest): Promise<string> {
  const { createHmac } = await import('node:crypto');
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.`).update(Buffer.from(body, 'base64')).digest('hex')}`;
}

describe('a webhook', () => {
  test('is signed over its raw body and its timestamp, and sent once', async () => {
    const target = receiver();
    const hook = await created({ url: `${target.url}/path?key=hidden` });
    const record = ended({ commitMessage: 'Grüße 🎉' });
    await announced(record);
    await announced(record);
    await ring(hook);
    const [got, ...more] = await target.received();
    expect(more).toEqual([]);
    if (got === undefined) throw new Error('nothing was received');
    expect(got.path).toMatch(/\/path\?key=hidden$/);
    const { headers } = got;
    const timestamp = headers['x-appflux-timestamp'] ?? '';
    expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(60);
    expect(headers['x-appflux-signature-256']).toBe(await signatureOf(hook.secret ?? '', timestamp, got));
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'AppFlux',
      'x-appflux-event': 'deployment.succeeded',
    });
    const body = JSON.parse(Buffer.from(got.body, 'base64').toString()) as NotificationBody;
    expect(body).toMatchObject({
      event: 'deployment.succeeded',
      id: headers['x-appflux-delivery'],
      at: record.finishedAt,
      app: { slug: app.slug, name: 'Shop' },
      deployment: { id: record.id, status: 'success', commitMessage: 'Grüße 🎉' },
      error: null,
    });
    const [delivery] = await deliveries(hook);
    expect(delivery).toMatchObject({
      id: body.id,
      status: 'delivered',
      deploymentId: record.id,
      app: app.slug,
      nextAttemptAt: null,
      attempts: [{ status: 200, error: null }],
      response: { status: 200, body: 'ok' },
    });
    expect(delivery?.request?.target).toBe(`${target.url}/path?…`);
    expect(await hookNow(hook)).toMatchObject({ lastDelivery: { id: body.id, status: 'delivered' } });
  });

  test('names the first error and its place, and no variable', async () => {
    const target = receiver();
    const hook = await created({ url: target.url });
    const sealer = { sealed: 'v1.sealed-variable', environments: ['production' as const] };
    await metadataOf(env).apps.setVariable(app.id, 'API_KEY', sealer);
    const message = "src/cart.ts(12,5): error TS2304: Cannot find name 'total'.";
    const failure = { code: 'build_failed' as const, message, phase: 'building' as const, hint: 'Fix it.' };
    await announced(ended({ status: 'failed', failure }));
    await ring(hook);
    const [got] = await target.received();
    const text = atob(got?.body ?? '');
    expect(JSON.parse(text).error).toEqual({
      message,
      phase: 'building',
      place: { file: 'src/cart.ts', line: 12, column: 5 },
    });
    expect(text).not.toMatch(/sealed-variable|API_KEY/);
    const location = { path: 'apps/web/src/cart.ts', line: 13, column: null, seq: 40 };
    await announced(ended({ status: 'failed', failure: { ...failure, location } }));
    await ring(hook);
    const [, located] = await target.received();
    expect(JSON.parse(atob(located?.body ?? '')).error.place).toEqual({
      file: 'apps/web/src/cart.ts',
      line: 13,
      column: null,
    });
  });

  test('with a new secret is signed with that, and with the previous one no more', async () => {
    const target = receiver();
    const hook = await created({ url: target.url });
    const { secret } = await (await call('POST', `/${hook.id}/secret`)).json<{ secret: string }>();
    expect(secret).not.toBe(hook.secret);
    await announced(ended());
    await ring(hook);
    const [got] = await target.received();
    if (got === undefined) throw new Error('nothing was received');
    const timestamp = got.headers['x-appflux-timestamp'] ?? '';
    expect(got.headers['x-appflux-signature-256']).toBe(await signatureOf(secret, timestamp, got));
  });
});

describe('what is reported', () => {
  test.each([
    ['another event', { events: ['deployment.failed'] as const }, {}],
    ['another app', { apps: ['other'] }, {}],
    ['another environment', { environments: ['preview'] as const }, {}],
    ['a deployment that is under way', {}, { status: 'building' as const, finishedAt: null }],
    [
      'a deployment that ended before the hook was created',
      {},
      { finishedAt: new Date(Date.now() - 60_000).toISOString() },
    ],
    ['a deployment that ended long ago', {}, { finishedAt: '2026-01-01T00:00:00.000Z' }],
  ])('is not %s', async (_, hook, record) => {
    const other = appRecord({ ownerId: team, slug: slugOf('blog') });
    await metadataOf(env).apps.insert(other);
    const apps = 'apps' in hook ? { apps: [other.slug] } : {};
    const made = await created({ url: receiver().url, ...(hook as Partial<CreateHook>), ...apps });
    await announced(ended(record));
    await ring(made);
    expect(await deliveries(made)).toEqual([]);
  });

  test('is what the filters name', async () => {
    const target = receiver();
    const hook = await created({
      url: target.url,
      apps: [app.slug],
      environments: ['production'],
      events: ['deployment.succeeded'],
    });
    await announced(ended());
    expect(await deliveries(hook)).toHaveLength(1);
  });

  test('is not what happens in another team, nor anything while the hook is disabled', async () => {
    const hook = await created({ url: receiver().url });
    const other = await founder();
    await announced(ended({ ownerId: other.user.id }));
    expect((await call('PATCH', `/${hook.id}`, { enabled: false })).status).toBe(200);
    await announced(ended());
    expect(await deliveries(hook)).toEqual([]);
  });

  const at = (second: number) => new Date(Date.parse('2026-11-29T12:00:00Z') + second * 1000).toISOString();
  const recorded = async (members: Partial<DeploymentRecord>) => {
    const record = ended(members);
    await metadataOf(env).deployments.project(record, 1);
    return record;
  };

  test('is the first success after a failure, to programs beside the success and to people in its place', async () => {
    const webhook = await created({ url: receiver().url });
    const slack = await created({ kind: 'slack', url: receiver().url });
    await recorded({ status: 'failed', createdAt: at(1) });
    await recorded({ status: 'success', environment: 'preview', createdAt: at(2) });
    await recorded({ status: 'canceled', createdAt: at(3) });
    await announced(await recorded({ createdAt: at(4) }));
    const events = async (hook: { id: string }) => (await deliveries(hook)).map(({ event }) => event).sort();
    expect(await events(webhook)).toEqual(['deployment.recovered', 'deployment.succeeded']);
    expect(await events(slack)).toEqual(['deployment.recovered']);
    await announced(await recorded({ createdAt: at(5) }));
    expect(await events(slack)).toEqual(['deployment.recovered', 'deployment.succeeded']);
  });

  test('of a preview is compared with its branch alone', async () => {
    const hook = await created({ url: receiver().url, events: ['deployment.recovered'] });
    const preview = { environment: 'preview' as const, branch: 'topic' };
    await recorded({ ...preview, branch: 'other', status: 'failed', createdAt: at(1) });
    await announced(await recorded({ ...preview, createdAt: at(2) }));
    expect(await deliveries(hook)).toEqual([]);
    await announced(await recorded({ ...preview, branch: 'other', createdAt: at(3) }));
    expect(await deliveries(hook)).toHaveLength(1);
  });

  test('is each reason for which a deployment waits, once', async () => {
    const hook = await created({ url: receiver().url });
    const since = new Date(Date.now() - 600_000).toISOString();
    const queued = ended({ status: 'queued', finishedAt: null, waiting: { reason: 'approval', since } });
    await announced(queued);
    await announced(queued);
    await announced({ ...queued, waiting: { reason: 'runner', since } });
    await announced({ ...queued, waiting: null });
    expect((await deliveries(hook)).map(({ event }) => event)).toEqual([
      'deployment.waiting',
      'deployment.waiting',
    ]);
  });

  test('is not a trigger that made no build, nor what a newer deployment replaced', async () => {
    const hook = await created({ url: receiver().url });
    await announced(ended({ status: 'canceled', skipped: { reason: 'No file of this app changed' } }));
    await announced(ended({ status: 'canceled' }), supersededBy('0'.repeat(24)));
    expect(await deliveries(hook)).toEqual([]);
    await announced(ended({ status: 'canceled' }), 'asked for by ada');
    expect(await deliveries(hook)).toHaveLength(1);
  });

  test('goes through the queue when a deployment changes', async () => {
    const target = receiver();
    await created({ url: target.url, events: ['deployment.canceled'] });
    const source = { provider: 'git', repoUrl: 'https://git.example/team/site.git' };
    const slug = slugOf('site');
    await request('/api/apps', { method: 'POST', token, json: { name: 'Site', slug, source } });
    const asked = { method: 'POST', token, json: {} };
    const { id } = await (await request(`/api/apps/${slug}/deployments`, asked)).json<{ id: string }>();
    expect((await request(`/api/deployments/${id}/cancel`, asked)).status).toBe(202);
    await expect.poll(target.received, { timeout: 10_000 }).toHaveLength(1);
    const [got] = await target.received();
    expect(got && bodyOf(got)).toMatchObject({ event: 'deployment.canceled', deployment: { id } });
  });
});

describe('a receiver', () => {
  test.each([
    ['answers 500', { status: 500, body: 'broken' }, 500, 'answered 500'],
    ['answers 404', { status: 404 }, 404, 'answered 404'],
    ['resets the connection', 'reset', null, 'couldn’t be reached'],
    ['redirects', { status: 307, headers: { Location: '/elsewhere' } }, 307, 'redirect'],
  ] as [string, ReceiverAnswer, number | null, string][])(
    'that %s gets the notification again, with the same id',
    async (_, bad, status, error) => {
      const target = await receiver(bad, { status: 204 }).start();
      const hook = await created({ url: target.url });
      await announced(ended());
      await ring(hook);
      const [failed] = await deliveries(hook);
      expect(failed).toMatchObject({
        status: 'pending',
        attempts: [{ status, error: expect.stringContaining(error) }],
        nextAttemptAt: expect.any(String),
      });
      await ringLater(hook);
      const got = await target.received();
      expect(got).toHaveLength(2);
      expect(new Set(got.map(({ headers }) => headers['x-appflux-delivery']))).toEqual(new Set([failed?.id]));
      expect(await deliveries(hook)).toMatchObject([
        { status: 'delivered', attempts: [{}, { status: 204 }] },
      ]);
    },
  );

  test('that redirects to another host sends nobody there', async () => {
    const other = receiver();
    const target = await receiver(
      { status: 302, headers: { Location: other.url } },
      { status: 308, headers: { Location: 'http://169.254.169.254/latest/meta-data/' } },
    ).start();
    const hook = await created({ url: target.url });
    await announced(ended());
    await ring(hook);
    await ringLater(hook);
    expect(await other.received()).toEqual([]);
    expect(await target.received()).toHaveLength(2);
    const [delivery] = await deliveries(hook);
    expect(delivery?.attempts.map(({ status }) => status)).toEqual([302, 308]);
  });

  test('that takes a minute has ten seconds, and delays no other', { timeout: 40_000 }, async () => {
    const slow = await receiver({ slow: 60_000 }).start();
    const quick = receiver();
    const slowHook = await created({ url: slow.url });
    const quickHook = await created({ url: quick.url });
    await announced(ended());
    const slowly = ring(slowHook);
    await ring(quickHook);
    expect(await quick.received()).toHaveLength(1);
    expect(await deliveries(slowHook)).toMatchObject([{ status: 'pending', attempts: [] }]);
    await slowly;
    expect(await deliveries(slowHook)).toMatchObject([
      {
        status: 'pending',
        attempts: [{ status: null, error: 'The receiver didn’t answer within 10 seconds' }],
      },
    ]);
  });

  test('that never stops answering is read a little way, and its status counts', async () => {
    const target = await receiver('endless').start();
    const hook = await created({ url: target.url });
    await announced(ended());
    await ring(hook);
    const [delivery] = await deliveries(hook);
    expect(delivery?.status).toBe('delivered');
    expect(delivery?.response?.body.length).toBe(16 * 1024);
  });

  test('with a certificate that nobody trusts gets nothing', async () => {
    const name = crypto.randomUUID();
    const hook = await created({ url: `${inject('receiversUntrusted')}/${name}` });
    await announced(ended());
    await ring(hook);
    expect(await deliveries(hook)).toMatchObject([
      { status: 'pending', attempts: [{ status: null, error: expect.stringContaining('certificate') }] },
    ]);
    expect(await (await fetch(`${inject('receivers')}/${name}`)).json()).toEqual([]);
  });

  test('that is gone gets nothing more', async () => {
    const target = await receiver({ status: 410 }).start();
    const hook = await created({ url: target.url });
    await announced(ended());
    await announced(ended());
    await ring(hook);
    expect(await hookNow(hook)).toMatchObject({
      enabled: false,
      disabledReason: 'The receiver answered that it doesn’t exist any more',
    });
    expect((await deliveries(hook)).map(({ status }) => status)).toEqual(['failed', 'failed']);
    await announced(ended());
    expect(await deliveries(hook)).toHaveLength(2);
    await target.answers({ status: 200 });
    await call('PATCH', `/${hook.id}`, { enabled: true });
    await announced(ended());
    await ring(hook);
    expect(await hookNow(hook)).toMatchObject({ enabled: true, disabledReason: null });
    expect((await deliveries(hook))[0]?.status).toBe('delivered');
  });

  test('that asks for a pause gets it', async () => {
    const target = await receiver({ status: 503, headers: { 'Retry-After': '3600' } }).start();
    const hook = await created({ url: target.url });
    await announced(ended());
    await ring(hook);
    const [delivery] = await deliveries(hook);
    expect(Date.parse(delivery?.nextAttemptAt ?? '') - Date.now()).toBeGreaterThan(3_500_000);
  });
});

describe('messages for people', () => {
  const hostile = '<!channel> @everyone <@U1> [x](https://evil.example) *b* `c` & <b>bold</b>';
  const failure = {
    code: 'build_failed' as const,
    message: `src/a.ts:3:4: ${hostile}`,
    phase: 'building' as const,
    hint: '',
  };
  const broken = () =>
    ended({ status: 'failed', failure, branch: hostile, commitHash: 'a'.repeat(40), commitMessage: hostile });

  test('of Slack are blocks in which nothing from outside is markup', async () => {
    const target = receiver();
    const hook = await created({ kind: 'slack', url: target.url });
    const record = broken();
    await announced(record);
    await ring(hook);
    const [got] = await target.received();
    expect(got?.headers['content-type']).toBe('application/json; charset=utf-8');
    const message = JSON.parse(Buffer.from(got?.body ?? '', 'base64').toString());
    const text = JSON.stringify(message);
    expect(text).not.toMatch(/<!|<@|<b>/);
    expect(text).toContain('&lt;!channel&gt;');
    expect(message.blocks[0].text).toEqual({
      type: 'mrkdwn',
      verbatim: true,
      text: `❌ *<${env.PUBLIC_URL}/deployments/${record.id}|Shop #1: production deployment failed>*`,
    });
  });

  test('of Discord mention nobody', async () => {
    const target = receiver();
    const hook = await created({ kind: 'discord', url: target.url });
    await announced(broken());
    await ring(hook);
    const [got] = await target.received();
    const message = JSON.parse(Buffer.from(got?.body ?? '', 'base64').toString());
    expect(message.allowed_mentions).toEqual({ parse: [] });
    const { description, fields } = message.embeds[0];
    const texts = [description, ...fields.map(({ value }: { value: string }) => value)];
    expect(texts).toHaveLength(3);
    for (const text of texts) expect(text).not.toMatch(/@everyone|(?<!\\)<|(?<!\\)\[x|(?<!\\)\*/);
  });

  test('of email have one line as subject, and text in HTML', async () => {
    const inbox = `${inject('mail')}/${crypto.randomUUID()}`;
    const mail = {
      MAIL_API_URL: `${inbox}/emails`,
      MAIL_API_KEY: 'key',
      MAIL_FROM: 'AppFlux <a@example.com>',
    };
    Object.assign(env, mail);
    try {
      const hook = await created({ kind: 'email', address: 'ada@example.com' });
      const record = broken();
      await announced({ ...record, app: { ...record.app, name: 'Shop\r\nBcc: eve@example.com' } });
      await ring(hook);
      await call('POST', `/${hook.id}/deliveries/${(await deliveries(hook))[0]?.id}/redeliver`);
      await expect.poll(async () => (await fetch(inbox)).json()).toHaveLength(2);
      const [first, again] = await (await fetch(inbox)).json<ReceivedMail[]>();
      const { to, subject, html, text } = (first?.body ?? {}) as Record<string, string>;
      expect(to).toEqual(['ada@example.com']);
      expect(subject).not.toMatch(/[\r\n]/);
      expect(html).toContain('&lt;!channel&gt;');
      expect(html).not.toContain('<b>');
      expect(text).toContain('src/a.ts:3:4');
      // More than a person reads wait, whichever team sends them.
      for (let n = 2; n < EMAILS.free; n += 1) await countEmail(env, newObjectId(), 'ADA@example.com');
      await announced(ended());
      await ring(hook);
      expect((await deliveries(hook))[0]).toMatchObject({
        status: 'pending',
        attempts: [{ error: expect.stringContaining('too many emails') }],
      });
      expect(await (await fetch(inbox)).json()).toHaveLength(2);
      // The service would take the second one for a repetition otherwise.
      expect(again?.headers['idempotency-key']).not.toBe(first?.headers['idempotency-key']);
    } finally {
      for (const name of Object.keys(mail)) delete env[name as keyof typeof mail];
    }
  });
});

test('a notification that fails for a day becomes a dead letter, and is sent again when that is replayed', async () => {
  const target = await receiver({ status: 500 }, { status: 200 }).start();
  const hook = await created({ url: target.url });
  await announced(ended());
  await runInDurableObject(env.NOTIFICATIONS.getByName(hook.id), (_, { storage }) => {
    storage.sql.exec('UPDATE deliveries SET deadline = 0');
  });
  await ring(hook);
  const [delivery] = await deliveries(hook);
  expect(delivery).toMatchObject({ status: 'failed', nextAttemptAt: null });
  const items = await lettersOf(hook);
  expect(items.map(({ message }) => message)).toEqual([
    { kind: 'notification', hookId: hook.id, deliveryId: delivery?.id, deploymentId: delivery?.deploymentId },
  ]);
  await deadLettersOf(env).replay(items[0]?.id ?? '');
  await expect.poll(target.received, { timeout: 10_000 }).toHaveLength(2);
  await expect.poll(async () => (await deliveries(hook))[0]?.status).toBe('delivered');
});

test('a notification that can’t be read fails like any other, and keeps the next one from nothing', async () => {
  const target = receiver();
  const hook = await created({ url: target.url });
  const broken = {
    id: '0'.repeat(24),
    event: 'deployment.failed' as const,
    deploymentId: null,
    app: null,
    body: '{',
  };
  await notificationsOf(env, hook.id).enqueue(broken);
  await announced(ended());
  await ring(hook);
  expect(await deliveries(hook)).toMatchObject([
    { status: 'delivered' },
    { status: 'pending', attempts: [{ error: 'A part of this instance failed' }] },
  ]);
});

test('a hook of which nothing arrives for five days is disabled', async () => {
  const target = await receiver({ status: 500 }).start();
  const hook = await created({ url: target.url });
  await announced(ended());
  await ring(hook);
  const failingSince = (since: number, attempts: number) =>
    runInDurableObject(env.NOTIFICATIONS.getByName(hook.id), (_, { storage }) => {
      storage.sql.exec('UPDATE failing SET since = ?, attempts = ?', since, attempts);
    });
  await failingSince(Date.now() - 6 * 24 * 3_600_000, 3);
  await ringLater(hook);
  expect((await hookNow(hook)).enabled).toBe(true);
  await failingSince(Date.now() - 6 * 24 * 3_600_000, 30);
  await ringLater(hook);
  expect(await hookNow(hook)).toMatchObject({
    enabled: false,
    disabledReason: 'Nothing could be delivered for five days',
  });
});

test('an object that ends while it sends sends again, with the same id', async () => {
  const target = await receiver('hang', { status: 200 }).start();
  const hook = await created({ url: target.url });
  await announced(ended());
  await expect.poll(target.received).toHaveLength(1);
  // As every deploy of the Worker does.
  await runInDurableObject(env.NOTIFICATIONS.getByName(hook.id), (_, state) => state.abort('reset')).catch(
    () => undefined,
  );
  await runInDurableObject(env.NOTIFICATIONS.getByName(hook.id), (_, { storage }) => {
    storage.sql.exec('UPDATE deliveries SET next_at = 0');
  });
  await runDurableObjectAlarm(env.NOTIFICATIONS.getByName(hook.id));
  await expect.poll(target.received).toHaveLength(2);
  const got = await target.received();
  expect(new Set(got.map(({ headers }) => headers['x-appflux-delivery'])).size).toBe(1);
  await expect.poll(() => deliveries(hook)).toMatchObject([{ status: 'delivered' }]);
});

test('the newest hundred deliveries are kept, and those that wait', async () => {
  const target = receiver();
  const hook = await created({ url: target.url });
  const first = ended();
  await announced(first);
  await ring(hook);
  for (let n = 0; n < 104; n += 1) {
    const body = JSON.stringify({
      event: 'test',
      id: `${n}`,
      at: new Date().toISOString(),
      deployment: null,
    });
    const id = n.toString(16).padStart(24, '0');
    await notificationsOf(env, hook.id).enqueue({ id, event: 'test', deploymentId: null, app: null, body });
  }
  await ring(hook);
  const kept = await deliveries(hook);
  expect(kept).toHaveLength(100);
  expect(kept.some(({ deploymentId }) => deploymentId === first.id)).toBe(false);
  await announced(first);
  expect((await deliveries(hook)).some(({ deploymentId }) => deploymentId === first.id)).toBe(false);
});

describe('the API', () => {
  test('sends a test once, and says how it went', async () => {
    const target = await receiver({ status: 500, body: 'broken' }).start();
    const hook = await created({ url: target.url });
    const response = await call('POST', `/${hook.id}/test`);
    expect(HookDelivery.parse(await response.json())).toMatchObject({
      event: 'test',
      status: 'failed',
      attempts: [{ status: 500 }],
      response: { status: 500, body: 'broken' },
      nextAttemptAt: null,
    });
    const [got] = await target.received();
    expect(got && bodyOf(got)).toMatchObject({ event: 'test', deployment: null, app: null });
    expect(await lettersOf(hook)).toEqual([]);
  });

  test('keeps the newest hundred deliveries, however many tests are sent', async () => {
    const hook = await created({ url: receiver().url });
    await call('POST', `/${hook.id}/test`);
    const stub = env.NOTIFICATIONS.getByName(hook.id);
    const kept = await runInDurableObject(stub, (_, { storage: { sql } }) => {
      const others = Object.keys(sql.exec('SELECT * FROM deliveries').one()).filter(
        (column) => !['n', 'id'].includes(column),
      );
      for (let n = 0; n < 105; n += 1) {
        sql.exec(
          `INSERT INTO deliveries (id, ${others}) SELECT ?, ${others} FROM deliveries WHERE n = 1`,
          n.toString(16).padStart(24, '0'),
        );
      }
      return () => sql.exec('SELECT id FROM deliveries').toArray().length;
    });
    expect(await runInDurableObject(stub, kept)).toBe(106);
    expect((await call('POST', `/${hook.id}/test`)).status).toBe(200);
    expect(await runInDurableObject(stub, kept)).toBe(100);
  });

  test('sends a delivery again by its id', async () => {
    const target = receiver();
    const hook = await created({ url: target.url });
    await announced(ended());
    await ring(hook);
    const [first] = await deliveries(hook);
    const response = await call('POST', `/${hook.id}/deliveries/${first?.id}/redeliver`);
    expect(response.status).toBe(202);
    await ring(hook);
    const got = await target.received();
    expect(got.map(({ headers }) => headers['x-appflux-delivery'])).toEqual([first?.id, first?.id]);
    expect(got[0]?.body).toBe(got[1]?.body);
    expect((await call('POST', `/${hook.id}/deliveries/${'0'.repeat(24)}/redeliver`)).status).toBe(404);
  });

  test('shows no secret, and of a Slack or Discord URL only the host', async () => {
    const url = 'https://hooks.slack.example/services/T0/B0/secretpath';
    for (const kind of ['slack', 'discord'] as const) {
      const hook = await created({ kind, url });
      expect(hook).toMatchObject({ target: 'https://hooks.slack.example/…', secret: null });
      expect(await (await call('GET', '')).text()).not.toContain('secretpath');
    }
    const hook = await created({ url: receiver().url });
    expect(await (await call('GET', '')).text()).not.toContain(hook.secret);
    const rows = await env.METADATA.prepare('SELECT * FROM hooks').all();
    expect(JSON.stringify(rows)).not.toMatch(/secretpath|afw_/);
  });

  test.each([
    ['no URL', { kind: 'webhook' }, 400],
    ['an email with a URL', { kind: 'email', url: 'https://a.example', address: 'a@example.com' }, 400],
    ['another scheme', { kind: 'webhook', url: 'file:///etc/passwd' }, 400],
    ['a user name in it', { kind: 'webhook', url: 'https://a:b@c.example/' }, 422],
    ['an app of nobody', { kind: 'webhook', url: 'https://c.example/', apps: ['nothing'] }, 422],
    ['an email when none is sent', { kind: 'email', address: 'a@example.com' }, 422],
    ['an email that is none', { kind: 'email', address: 'a@example.com\r\nBcc: b@example.com' }, 422],
    ['no event', { kind: 'webhook', url: 'https://c.example/', events: [] }, 400],
    ['an unknown event', { kind: 'webhook', url: 'https://c.example/', events: ['deployment.born'] }, 400],
  ])('refuses a hook with %s', async (_, hook, status) => {
    const response = await call('POST', '', { events: ['deployment.failed'], ...hook });
    expect(response.status).toBe(status);
    ErrorBody.parse(await response.json());
  });

  test('refuses private addresses unless the operator allows them', async () => {
    delete env.APPFLUX_ALLOW_PRIVATE_TARGETS;
    try {
      for (const host of ['127.0.0.1', 'localhost', '169.254.169.254', '[::1]', '10.0.0.1', '2130706433']) {
        const response = await call('POST', '', { kind: 'webhook', url: `http://${host}/`, events: EVERY });
        expect(response.status, host).toBe(422);
      }
    } finally {
      env.APPFLUX_ALLOW_PRIVATE_TARGETS = '1';
    }
    const target = receiver();
    const hook = await created({ url: target.url });
    delete env.APPFLUX_ALLOW_PRIVATE_TARGETS;
    try {
      await announced(ended());
      await ring(hook);
    } finally {
      env.APPFLUX_ALLOW_PRIVATE_TARGETS = '1';
    }
    expect(await target.received()).toEqual([]);
    expect(await deliveries(hook)).toMatchObject([{ status: 'failed' }]);
  });

  test('keeps the hooks of a team from others, and has a limit', async () => {
    const hook = await created({ url: receiver().url });
    const other = await founder();
    for (const [method, path] of [
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/test'],
      ['POST', '/secret'],
      ['GET', '/deliveries'],
    ] as const) {
      const asked = { method, token: other.token, ...(method === 'PATCH' ? { json: {} } : {}) };
      expect((await request(`/api/hooks/${hook.id}${path}`, asked)).status, method + path).toBe(404);
    }
    expect((await request('/api/hooks', { token: (await memberOf(team, 'developer')).token })).status).toBe(
      403,
    );
    for (let n = 1; n < 20; n += 1) await created({ url: receiver().url });
    const response = await call('POST', '', { kind: 'webhook', url: 'https://c.example/', events: EVERY });
    expect(ErrorBody.parse(await response.json()).error.code).toBe('too_many_hooks');
  });

  test('deletes a hook with all that it had', async () => {
    const hook = await created({ url: receiver().url });
    await announced(ended());
    await ring(hook);
    expect((await call('DELETE', `/${hook.id}`)).status).toBe(204);
    expect((await call('DELETE', `/${hook.id}`)).status).toBe(404);
    await runInDurableObject(env.NOTIFICATIONS.getByName(hook.id), async (_, { storage }) => {
      expect(await storage.getAlarm()).toBeNull();
    });
    expect(await notificationsOf(env, hook.id).last()).toBeNull();
  });

  test('writes what was done into the audit log', async () => {
    const hook = await created({ url: receiver().url, name: 'status page' });
    await call('PATCH', `/${hook.id}`, { name: 'status' });
    await call('POST', `/${hook.id}/secret`);
    await call('DELETE', `/${hook.id}`);
    const { items } = await (await request('/api/audit', { token })).json<{ items: { action: string }[] }>();
    expect(items.map(({ action }) => action).filter((action) => action.startsWith('notification.'))).toEqual([
      'notification.delete',
      'notification.secret',
      'notification.update',
      'notification.create',
    ]);
  });
});
