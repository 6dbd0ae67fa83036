/** Runners of this version, of the ones before and after it, and of others. */
import { ErrorBody, PROTOCOL, PROTOCOL_HEADER, RunnerPage } from '@appflux/protocol';
import { beforeEach, expect, test } from 'vitest';
import frames from '../../../protocol/recorded/f025d9c/frames.json';
import { founder } from '../testing/people.ts';
import { opened } from '../testing/pool.ts';
import { forgetAll, request } from '../testing/worker.ts';

let token: string;
let credential: string;

beforeEach(async () => {
  await forgetAll();
  ({ token } = await founder());
  const { token: registration } = (await (
    await request('/api/runners/tokens', { method: 'POST', token, json: {} })
  ).json()) as { token: string };
  const registered = await request('/api/runners/register', {
    method: 'POST',
    json: { token: registration, name: 'builder', labels: ['linux'], slots: 2, version: '0.1.0' },
  });
  ({ credential } = (await registered.json()) as { credential: string });
});

const connect = (protocol: string | null) =>
  request('/api/pool/connect', {
    token: credential,
    headers: { Upgrade: 'websocket', ...(protocol === null ? {} : { [PROTOCOL_HEADER]: protocol }) },
  });

const listed = async () => RunnerPage.parse(await (await request('/api/runners', { token })).json()).items[0];

test.each([null, String(PROTOCOL - 1), String(PROTOCOL), String(PROTOCOL + 1)])(
  'protocol %s is served, and learns that of the instance',
  async (protocol) => {
    const answer = await connect(protocol);
    expect(answer.status).toBe(101);
    expect(answer.headers.get(PROTOCOL_HEADER)).toBe(String(PROTOCOL));
    const runner = opened(answer);
    runner.hello({ version: '0.2.0', labels: ['linux'] });
    await expect.poll(async () => (await listed())?.status).toBe('online');
    expect(await listed()).not.toHaveProperty('incompatible');
    runner.close();
  },
);

test.each([
  ['0', 'too_old', 'too old'],
  ['latest', 'too_old', 'too old'],
  [String(PROTOCOL + 2), 'too_new', 'newer'],
] as const)('protocol %s is refused with what to do, until it fits', async (protocol, fit, words) => {
  const answer = await connect(protocol);
  expect(answer.status).toBe(406);
  expect(answer.headers.get('Retry-After')).toBe('60');
  const { error } = ErrorBody.parse(await answer.json());
  expect(error).toMatchObject({ code: 'not_acceptable', hint: expect.stringContaining('pgrade the ') });
  expect(error.message).toContain(words);
  expect(await listed()).toMatchObject({ status: 'offline', incompatible: fit });
  opened(await connect(String(PROTOCOL))).close();
  expect(await listed()).not.toHaveProperty('incompatible');
});

test('what a runner of the version before sends is understood, and it stays connected', async () => {
  const runner = opened(await connect(null));
  let isClosed = false;
  void runner.closed.then(() => {
    isClosed = true;
  });
  for (const frame of frames.RunnerToPool) runner.send(frame as never);
  await expect.poll(async () => (await listed())?.status).toBe('online');
  await expect.poll(() => runner.frames.map(({ type }) => type)).toContain('welcome');
  expect(isClosed).toBe(false);
  runner.close();
});
