/** The largest things that are allowed, and the refusal of the next larger one. */
import { env } from 'cloudflare:workers';
import {
  type AttemptRef,
  ErrorBody,
  MAX_APPS_OF_UPLOAD,
  MAX_MEMBERS,
  MAX_RUNNERS,
  MAX_TEAMS,
  utf8Bytes,
} from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { memberRecord, runnerRecord, uploadRecord } from '../metadata/testing/sample-records.ts';
import { presignerOf } from '../storage/index.ts';
import { artifactAgainKey, incomingKey } from '../storage/keys.ts';
import { givenRunner } from '../testing/attempt.ts';
import { founder, somebody } from '../testing/people.ts';
import { forgetAll, request, requestWith, signIn } from '../testing/worker.ts';
import { MAX_ATTACHMENT_BYTES } from './platform.ts';

const metadata = metadataOf(env);
beforeEach(forgetAll);

const refusal = async (response: Response) => ({
  status: response.status,
  ...ErrorBody.parse(await response.json()).error,
});

/** Does something so many times, some at a time. */
async function times(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < count; from += 50) {
    const some = Array.from({ length: Math.min(50, count - from) }, (_, index) => work(from + index));
    await Promise.all(some);
  }
}

test('a team has 500 runners; the token that was refused is still good when one of them is gone', async () => {
  const { access_token: token, user } = await signIn();
  const records = Array.from({ length: MAX_RUNNERS - 1 }, () => runnerRecord({ ownerId: user.id }));
  await times(records.length, (index) => metadata.runners.insert(records[index] ?? runnerRecord()));
  const registration = async () =>
    (await (await request('/api/runners/tokens', { method: 'POST', token })).json<{ token: string }>()).token;
  const register = async (with_: string) =>
    request('/api/runners/register', {
      method: 'POST',
      json: { token: with_, name: 'box', labels: [], slots: 1, version: '1' },
    });
  expect((await register(await registration())).status).toBe(201);
  const kept = await registration();
  expect(await refusal(await register(kept))).toMatchObject({
    status: 422,
    code: 'unprocessable',
    message: 'A team has at most 500 runners',
    hint: expect.stringContaining('Remove runners'),
  });
  await metadata.runners.delete(records[0]?.id ?? '');
  expect((await register(kept)).status).toBe(201);
});

test('the operator decides how many runners a team has', async () => {
  const { access_token: token } = await signIn();
  const register = async (variables: { MAX_RUNNERS?: string }) => {
    const made = await request('/api/runners/tokens', { method: 'POST', token });
    const registration = (await made.json<{ token: string }>()).token;
    const json = { token: registration, name: 'box', labels: [], slots: 1, version: '1' };
    return requestWith(variables, '/api/runners/register', { method: 'POST', json });
  };
  expect((await register({ MAX_RUNNERS: '1' })).status).toBe(201);
  expect(await refusal(await register({ MAX_RUNNERS: '1' }))).toMatchObject({
    message: 'A team has at most 1 runner',
  });
  expect((await register({ MAX_RUNNERS: '2' })).status).toBe(201);
  // What is no number changes nothing.
  expect((await register({ MAX_RUNNERS: 'many' })).status).toBe(201);
});

describe('a team', () => {
  const accept = (token: string, by: string) =>
    request('/api/invitations/accept', { method: 'POST', token: by, json: { token } });

  test('has 1,000 members; the invitation of a refused user is still valid', async () => {
    const { user, token } = await founder();
    const teamId = user.id;
    await times(MAX_MEMBERS - 2, () => metadata.members.insert(memberRecord({ teamId, role: 'viewer' })));
    const invited = async () => {
      const answer = await request('/api/invitations', { method: 'POST', token, json: { role: 'viewer' } });
      const { url } = await answer.json<{ url: string }>();
      return new URLSearchParams(new URL(url).hash.slice(1)).get('token') ?? '';
    };
    const last = await somebody();
    expect((await accept(await invited(), last.token)).status).toBe(200);
    const link = await invited();
    const next = await somebody();
    expect(await refusal(await accept(link, next.token))).toMatchObject({
      status: 422,
      message: 'A team has at most 1,000 members',
    });
    // Nor does a new account come of it.
    const json = { email: 'new@example.com', password: 'a long enough password', data: { invitation: link } };
    const signUp = await request('/auth/v1/signup', { method: 'POST', json });
    expect(signUp.status).toBe(422);
    expect(await metadata.users.byEmail('new@example.com')).toBeNull();
    await metadata.members.delete(teamId, last.user.id);
    expect((await accept(link, next.token)).status).toBe(200);
  });

  test('of which a person is in 100 already is no further one', async () => {
    const { user, token } = await founder();
    const person = await somebody();
    const { id: userId, email } = person.user;
    await times(MAX_TEAMS, () =>
      metadata.members.insert(memberRecord({ teamId: crypto.randomUUID(), userId, email, role: 'viewer' })),
    );
    const answer = await request('/api/invitations', { method: 'POST', token, json: { role: 'viewer' } });
    const { url } = await answer.json<{ url: string }>();
    const link = new URLSearchParams(new URL(url).hash.slice(1)).get('token') ?? '';
    expect(await refusal(await accept(link, person.token))).toMatchObject({
      status: 422,
      message: 'You can be in 100 teams at most',
    });
    expect(await metadata.members.find(user.id, userId)).toBeNull();
  });
});

test('100 apps are deployed from an upload; those can be deployed from it again', async () => {
  const { access_token: token, user } = await signIn();
  const create = async (slug: string) => {
    const json = { name: slug, slug, source: { provider: 'upload' } };
    return (await (await request('/api/apps', { method: 'POST', token, json })).json<{ id: string }>()).id;
  };
  const known = await create('known');
  await create('another');
  const appIds = [known, ...Array.from({ length: MAX_APPS_OF_UPLOAD - 1 }, () => newObjectId())];
  const upload = uploadRecord({ ownerId: user.id, completed: true, appIds });
  await metadata.uploads.insert(upload);
  const deploy = (slug: string) =>
    request(`/api/apps/${slug}/deployments`, { method: 'POST', token, json: { uploadId: upload.id } });
  expect(await refusal(await deploy('another'))).toMatchObject({
    status: 422,
    message: '100 apps were deployed from this upload',
    hint: 'Upload the source again for this app.',
  });
  expect((await deploy('known')).status).toBe(202);
});

test('the largest hello of a runner is remembered, with room for what it is given meanwhile', async () => {
  const ownerId = crypto.randomUUID();
  const { id, credential } = await givenRunner(ownerId);
  const labels = Array.from({ length: 20 }, (_, index) => `l${index}`.padEnd(60, 'x'));
  await metadata.runners.update(id, { labels, slots: 64 });
  const { webSocket } = await request('/api/pool/connect', {
    token: credential,
    headers: { Upgrade: 'websocket' },
  });
  if (webSocket === null) throw new Error('no socket was given');
  webSocket.accept();
  const attempts = (count: number): AttemptRef[] =>
    Array.from({ length: count }, () => ({ deploymentId: newObjectId(), attempt: 2 ** 31 }));
  const scanner = {
    policy: 'required',
    engine: '€'.repeat(100),
    signaturesAt: new Date().toISOString(),
    lacksSignatures: true,
  } as const;
  const session = 's'.repeat(64);
  const hello = { labels, slots: 64, session, running: attempts(64), scanner, executor: 'docker' } as const;
  webSocket.send(JSON.stringify({ type: 'hello', version: 'v'.repeat(40), ...hello }));
  const online = () => env.POOLS.getByName(ownerId).online();
  await expect.poll(async () => (await online())[0]?.busy).toBe(64);
  expect(await online()).toMatchObject([{ id, labels, scanner }]);
  webSocket.close();
  // It may hold 64 attempts while 64 others are on their way to it.
  const registered = { name: 'n'.repeat(60), labels, slots: 64, executor: 'docker' };
  const most = {
    id,
    draining: false,
    registered,
    connectedAt: Date.now(),
    hello: { ...hello, running: attempts(128) },
  };
  expect(utf8Bytes(JSON.stringify(most))).toBeLessThan(MAX_ATTACHMENT_BYTES);
});

test('the longest name of an artifact makes a key that storage takes, and a URL that is passed on', async () => {
  const key = incomingKey(artifactAgainKey(newObjectId(), newObjectId(), 3, '€'.repeat(200)));
  // https://developers.cloudflare.com/r2/platform/limits/
  expect(utf8Bytes(key)).toBeLessThan(1024);
  const { parts } = await presignerOf(env).begin(key, 1, 't'.repeat(200));
  // https://developers.cloudflare.com/workers/platform/limits/#request-limits
  expect(utf8Bytes(parts[0]?.url ?? '')).toBeLessThan(8 * 1024);
});
