import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mergeSettings } from '../config/read-settings.ts';
import { readRegistration } from '../config/registration.ts';
import { FAKE_CREDENTIAL, FakeEdge } from '../testing/fake-edge.ts';
import { register } from './register.ts';

let edge: FakeEdge;
let folder: string;

beforeEach(async () => {
  edge = await FakeEdge.start();
  folder = await mkdtemp(join(tmpdir(), 'appflux-register-'));
});
afterEach(async () => {
  await edge.close();
  await rm(folder, { recursive: true });
});

const settings = (change: Record<string, unknown> = {}) =>
  mergeSettings(
    {
      state: join(folder, 'state'),
      url: edge.url.href,
      token: 'registration-token',
      name: 'builder-1',
      labels: 'linux,x64',
      slots: '2',
      ...change,
    },
    {},
    {},
  );

test('a runner keeps its credential where only its user can read it', async () => {
  await register(settings());
  expect(await readRegistration(join(folder, 'state'))).toEqual({
    url: edge.url.href,
    id: edge.runnerId,
    name: 'builder-1',
    credential: FAKE_CREDENTIAL,
    labels: ['linux', 'x64'],
    slots: 2,
  });
  expect((await stat(join(folder, 'state/runner.json'))).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, 'state'))).mode & 0o777).toBe(0o700);
});

test('a second registration in the same folder needs to be asked for', async () => {
  await register(settings());
  await expect(register(settings())).rejects.toThrow('already has the registration of the runner builder-1');
  edge.tokens.add('another-token');
  await register(settings({ token: 'another-token', name: 'builder-2', replace: true }));
  expect(await readFile(join(folder, 'state/runner.json'), 'utf8')).toContain('builder-2');
});

test('a refusal has the message of the edge', async () => {
  await expect(register(settings({ token: 'used' }))).rejects.toMatchObject({
    message: 'Invalid registration token',
    advice: 'Create a new one',
  });
});

test('what is missing, and an address where nothing of ours answers, end with an error and advice', async () => {
  await expect(register(settings({ url: undefined }))).rejects.toThrow('--url is missing');
  await expect(register(settings({ token: undefined }))).rejects.toThrow('--token is missing');
  await expect(register(settings({ url: 'http://127.0.0.1:9' }))).rejects.toThrow(
    /is not an AppFlux instance, or can’t be reached/,
  );
});

test('a runner that builds on its host says so, and registers at an edge that does not know of that, too', async () => {
  await register(settings());
  expect(edge.registrations[0]).not.toHaveProperty('executor');
  for (const [token, unknown, executor] of [
    ['first', [], 'host'],
    ['second', ['executor'], undefined],
  ] as const) {
    edge.tokens.add(token);
    for (const member of unknown) edge.unknownMembers.add(member);
    await register(settings({ token, executor: 'host', replace: true }));
    expect(edge.registrations.at(-1)?.executor).toBe(executor);
  }
});
