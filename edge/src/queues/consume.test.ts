import {
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  runInDurableObject,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { Deployment } from '@appflux/protocol';
import { beforeEach, expect, test } from 'vitest';
import { addressesOf, toDeployment } from '../deployment/record.ts';
import { sampleSpec } from '../deployment/testing/sample-spec.ts';
import { metadataOf } from '../metadata/index.ts';
import type { DeploymentRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord, deploymentRecord } from '../metadata/testing/sample-records.ts';
import { deadLettersOf } from '../objects/dead-letters.ts';
import type { EventMessage, QueueMessage } from '../queue-messages.ts';
import { branchLabel, deploymentLabel } from '../sites/hosts/labels.ts';
import { resolveSite } from '../sites/hosts/resolve.ts';
import { founder } from '../testing/people.ts';
import { unreachableDatabase } from '../testing/unreachable.ts';
import { forgetAll, request, signIn } from '../testing/worker.ts';
import { consume } from './consume.ts';

beforeEach(forgetAll);

/** A deployment whose events nobody but the test delivers: its object reaches no metadata. Gives its first one. */
async function anEvent(): Promise<EventMessage> {
  const app = appRecord();
  await metadataOf(env).apps.insert(app);
  const { id: appId, slug, name, ownerId } = app;
  const spec = sampleSpec({ id: newObjectId(), ownerId, app: { id: appId, slug, name } });
  const stub = env.DEPLOYMENTS.getByName(spec.id);
  await runInDurableObject(stub, (instance) => {
    Object.assign(instance, {
      env: { ...env, METADATA: unreachableDatabase, EVENT_QUEUE: { send: async () => undefined } },
    });
  });
  const { seq } = await stub.create(spec);
  return { kind: 'event', deploymentId: spec.id, seq };
}

/** The same as version 0.1.0 sent it: with the record, which was larger where the deployment had delivered much. */
async function oldEvent(members: Partial<DeploymentRecord> = {}): Promise<EventMessage> {
  const app = appRecord();
  await metadataOf(env).apps.insert(app);
  const record = deploymentRecord(app, { status: 'building', ...members });
  return { kind: 'event', deploymentId: record.id, seq: 3, record };
}

const kept = (id: string) => metadataOf(env).deployments.byId(id);

/** Hands messages to the consumer as the platform does; gives which were acked and which are to be tried again. */
async function deliver(queue: string, ...bodies: QueueMessage[]) {
  const messages = bodies.map((body, n) => ({ id: `m${n}`, timestamp: new Date(), attempts: 1, body }));
  const batch = createMessageBatch<QueueMessage>(queue, messages);
  await consume(batch, env);
  const { explicitAcks, retryMessages } = await getQueueResult(batch, createExecutionContext());
  return { acked: explicitAcks, retried: retryMessages.map(({ msgId }) => msgId) };
}

test('an event is a number: its consumer asks the object, writes the record and confirms it', async () => {
  const event = await anEvent();
  expect(event).toEqual({ kind: 'event', deploymentId: event.deploymentId, seq: 1 });
  expect(await deliver('event-queue', event)).toMatchObject({ acked: ['m0'] });
  expect(await kept(event.deploymentId)).toMatchObject({ status: 'queued' });
  expect(await env.DEPLOYMENTS.getByName(event.deploymentId).unconfirmed()).toBeNull();
});

test('one message delivers all that has happened since: the newest record, whichever event it names', async () => {
  const event = await anEvent();
  const stub = env.DEPLOYMENTS.getByName(event.deploymentId);
  await stub.claim({ id: newObjectId(), name: 'one' });
  expect(await deliver('event-queue', event)).toMatchObject({ acked: ['m0'] });
  expect(await kept(event.deploymentId)).toMatchObject({ status: 'building' });
  expect(await stub.unconfirmed()).toBeNull();
});

test('queue duplicate: an event delivered twice, or late, is projected once', async () => {
  const event = await anEvent();
  await env.DEPLOYMENTS.getByName(event.deploymentId).claim({ id: newObjectId(), name: 'one' });
  const twice = { ...event, seq: 2 };
  expect(await deliver('event-queue', twice, twice, event)).toMatchObject({ acked: ['m0', 'm1', 'm2'] });
  expect(await kept(event.deploymentId)).toMatchObject({ status: 'building' });
});

test('events of version 0.1.0, which carry their record, are delivered: twice, late, and from the dead letters', async () => {
  const event = await oldEvent();
  const late = { ...event, seq: 2, record: { ...(event.record as object), status: 'queued' } };
  expect(await deliver('event-queue', event, event, late)).toMatchObject({ acked: ['m0', 'm1', 'm2'] });
  expect(await kept(event.deploymentId)).toMatchObject({ status: 'building' });

  const { access_token: token } = await signIn();
  const dead = await oldEvent({ status: 'canceled' });
  await deliver('dead-letters', dead);
  const [letter] = (await deadLettersOf(env).list({ limit: 10 })).items;
  const path = `/api/ops/dead-letters/${letter?.id}/replay`;
  expect((await request(path, { method: 'POST', token })).status).toBe(202);
  await expect.poll(() => kept(dead.deploymentId), { timeout: 10_000 }).toMatchObject({ status: 'canceled' });
});

test('a success of a branch moves the branch’s host, and late or failed ones don’t', async () => {
  const site = { kind: 'static', files: 1, bytes: 1, newFiles: 1, newBytes: 1 } as const;
  const app = appRecord();
  await metadataOf(env).apps.insert(app);
  const host = `${branchLabel('Feature/X', app.slug)}.${env.SITES_DOMAIN}`;
  const eventOf = (members: Partial<DeploymentRecord>): EventMessage => {
    const record = deploymentRecord(app, {
      branch: 'Feature/X',
      environment: 'preview',
      status: 'success',
      site,
      ...members,
    });
    return { kind: 'event', deploymentId: record.id, seq: 3, record };
  };
  const target = async () => {
    const found = await resolveSite(host, { env });
    return typeof found === 'string' ? found : found.deploymentId;
  };
  const [older, newer] = [eventOf({}), eventOf({})];
  const others = [{ status: 'failed' }, { site: null }, { branch: null }, { branch: 'main' }] as const;
  await deliver('event-queue', ...others.map(eventOf));
  expect(await target()).toBe('unknown');
  await deliver('event-queue', newer);
  await deliver('event-queue', older, newer, ...others.map(eventOf));
  expect(await target()).toBe(newer.deploymentId);
  const record = await kept(newer.deploymentId);
  const { urls } = Deployment.parse(record && toDeployment(record, addressesOf(env)));
  expect([urls.branch, urls.site]).toEqual([
    `http://${host}`,
    `http://${deploymentLabel(newer.deploymentId, app.slug)}.${env.SITES_DOMAIN}`,
  ]);
});

test('an event of a deployment that was removed changes nothing', async () => {
  const event = { kind: 'event', deploymentId: newObjectId(), seq: 1 } as const;
  expect(await deliver('event-queue', event)).toEqual({ acked: ['m0'], retried: [] });
  expect(await kept(event.deploymentId)).toBeNull();
});

test('a deployment whose App is gone goes as well', async () => {
  const event = await anEvent();
  const stub = env.DEPLOYMENTS.getByName(event.deploymentId);
  const { appId } = (await stub.snapshot())?.record ?? { appId: '' };
  await metadataOf(env).apps.delete(appId);
  expect(await deliver('event-queue', event)).toEqual({ acked: ['m0'], retried: [] });
  expect(await stub.snapshot()).toBeNull();
});

test('a broken metadata store loses nothing: events are tried again, and it catches up', async () => {
  const event = await anEvent();
  await env.METADATA.exec('ALTER TABLE deployments RENAME TO broken');
  expect(await deliver('event-queue', event)).toEqual({ acked: [], retried: ['m0'] });
  await env.METADATA.exec('ALTER TABLE broken RENAME TO deployments');
  expect(await deliver('event-queue', event)).toEqual({ acked: ['m0'], retried: [] });
  expect(await kept(event.deploymentId)).toMatchObject({ status: 'queued' });
});

test('one bad message does not hold up the others of its batch', async () => {
  const event = await anEvent();
  const bad = { kind: 'event', deploymentId: event.deploymentId, seq: 9, record: null } as const;
  expect(await deliver('event-queue', bad, event)).toEqual({ acked: ['m1'], retried: ['m0'] });
});

test('dead-letter replay: what was given up is listed, delivered after all, and forgotten', async () => {
  const { access_token: token } = await signIn();
  const event = await anEvent();
  // The queue may repeat itself here, too.
  await deliver('dead-letters', event, event);
  const list = async () =>
    (await request('/api/ops/dead-letters', { token })).json<{
      items: { id: string; deploymentId: string }[];
    }>();
  const { items } = await list();
  expect(items).toMatchObject([{ kind: 'event', deploymentId: event.deploymentId, seq: 1 }]);
  const replayed = await request(`/api/ops/dead-letters/${items[0]?.id}/replay`, { method: 'POST', token });
  expect(replayed.status).toBe(202);
  await expect.poll(() => kept(event.deploymentId), { timeout: 10_000 }).toMatchObject({ status: 'queued' });
  expect((await list()).items).toEqual([]);
  const again = await request(`/api/ops/dead-letters/${items[0]?.id}/replay`, { method: 'POST', token });
  expect(again.status).toBe(404);
});

test('what the queues gave up is for the instance’s team: another one’s owner neither sees nor replays it', async () => {
  await signIn();
  const { token } = await founder();
  await deliver('dead-letters', await anEvent());
  const [letter] = (await deadLettersOf(env).list({ limit: 10 })).items;
  for (const [method, path] of [
    ['GET', '/api/ops/dead-letters'],
    ['POST', `/api/ops/dead-letters/${letter?.id}/replay`],
  ] as const) {
    expect((await request(path, { method, token })).status).toBe(403);
    expect((await request(path, { method, token: env.OPERATOR_SECRET })).status).toBeLessThan(300);
  }
});

test('dead letters are listed newest first, page by page, though they came in one second', async () => {
  await signIn();
  const came: string[] = [];
  for (let i = 0; i < 7; i += 1) {
    const event = await anEvent();
    await deliver('dead-letters', event);
    came.unshift(event.deploymentId);
  }
  const page = async (query: string) => {
    const response = await request(`/api/ops/dead-letters?limit=3${query}`, { token: env.OPERATOR_SECRET });
    return response.json<{ items: { id: string; deploymentId: string }[]; nextCursor: string | null }>();
  };
  const first = await page('');
  const second = await page(`&cursor=${first.nextCursor}`);
  const third = await page(`&cursor=${second.nextCursor}`);
  const all = [first, second, third].flatMap(({ items }) => items);
  expect(all.map(({ deploymentId }) => deploymentId)).toEqual(came);
  expect(third.nextCursor).toBeNull();
  // Earlier versions gave the id of the last item.
  expect((await page(`&cursor=${first.items[2]?.id}`)).items).toEqual(second.items);
});

test('dead letters are kept while metadata is broken', async () => {
  const event = await anEvent();
  await env.METADATA.exec('ALTER TABLE deployments RENAME TO broken');
  expect(await deliver('dead-letters', event)).toMatchObject({ acked: ['m0'] });
  expect(await deadLettersOf(env).list({ limit: 10 })).toMatchObject({ items: [{ message: event }] });
});

test('an offer for a deployment that has ended, or never was, changes nothing', async () => {
  expect(await deliver('deploy-queue', { kind: 'offer', deploymentId: 'f'.repeat(24) })).toMatchObject({
    acked: ['m0'],
  });
});
