import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { LOGS_SUBPROTOCOL, type ViewerFrame } from '@appflux/protocol';
import { beforeEach, expect, test } from 'vitest';
import { sampleSpec } from '../deployment/sample-spec.ts';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord } from '../metadata/sample-records.ts';
import { forgetAll, request, signIn } from '../testing.ts';

beforeEach(forgetAll);

test('a log that is archived before metadata knows of it is followed all the same', async () => {
  const { access_token: token, user } = await signIn();
  const app = appRecord({ ownerId: user.id });
  await metadataOf(env).apps.insert(app);
  const spec = sampleSpec({
    id: newObjectId(),
    ownerId: app.ownerId,
    app: { id: app.id, slug: app.slug, name: app.name },
    createdAt: Date.now(),
  });
  const stub = env.DEPLOYMENTS.getByName(spec.id);
  const { record, seq } = await stub.create(spec);
  await metadataOf(env).deployments.project(record, seq);
  await runInDurableObject(stub, (instance) => {
    const broken = { ...env, EVENT_QUEUE: { send: () => Promise.reject(new Error('the queue is down')) } };
    Object.assign(instance, { env: broken });
  });
  await stub.cancel('as asked');
  await expect.poll(async () => (await stub.snapshot())?.record.logKey).toEqual(expect.any(String));

  const answer = await request(`/api/deployments/${spec.id}/logs/live?after=0`, {
    token,
    headers: { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': LOGS_SUBPROTOCOL },
  });
  const frames: ViewerFrame[] = [];
  answer.webSocket?.addEventListener('message', ({ data }) => {
    frames.push(JSON.parse(String(data)));
  });
  answer.webSocket?.accept();
  await expect.poll(() => frames.map(({ type }) => type)).toEqual(['state', 'lines', 'end']);
  expect(frames[1]).toMatchObject({ lines: [{ seq: 1, text: expect.stringContaining('as asked') }] });
});
