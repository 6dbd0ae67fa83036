/** The command itself, as a process, against real ports, folders and certificates. */
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROOT } from '../command.ts';
import { freePort } from '../free-port.ts';
import { lockState } from '../state.ts';

let state = '';
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'appflux-doctor-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

/** Without an engine: what it offers is checked by the runner's own tests. */
async function doctor(env: Record<string, string>, ...args: string[]) {
  const { exitCode, all } = await execa(process.execPath, [join(ROOT, 'stack', 'doctor.ts'), ...args], {
    env: { DOCKER_HOST: 'tcp://127.0.0.1:1', APPFLUX_STATE: state, ...env },
    all: true,
    reject: false,
  });
  return { exitCode, output: all };
}

test('a port that another program has and an engine that is missing are to fix', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  const { exitCode, output } = await doctor({ APPFLUX_PORT: String(address.port) });
  server.close();
  expect(output).toMatch(new RegExp(`^BAD  Port ${address.port} is in use by `, 'm'));
  expect(output).toMatch(/^BAD {2}No Docker engine answers at DOCKER_HOST=tcp:\/\/127\.0\.0\.1:1/m);
  expect(output).toMatch(/^ok {3}AppFlux \d+\.\d+\.\d+, Node 2\d/m);
  expect(output).toMatch(/^(?:ok {2}|weak|BAD ) Temporary folder /m);
  expect(output).toMatch(/\n2 to fix, \d+ to improve\.$/);
  expect(exitCode).toBe(1);
});

test('an instance without runners needs no engine', async () => {
  const port = String(await freePort());
  const { output } = await doctor({ APPFLUX_PORT: port, APPFLUX_RUNNERS: '0' });
  expect(output).toContain(`127.0.0.1:${port} is free`);
  expect(output).toMatch(/^(?:ok {2}|weak|BAD ) State folder /m);
  expect(output).not.toContain('engine');
});

test('of a running instance, a port without an answer is what is wrong', async () => {
  const unlock = await lockState(state);
  const port = String(await freePort());
  const { output } = await doctor({ APPFLUX_PORT: port });
  unlock();
  expect(output).toContain('ok   The instance is running');
  expect(output).toContain(`BAD  The instance is running, but nothing answers at 127.0.0.1:${port}`);
  expect((await doctor({ APPFLUX_PORT: port })).output).toContain(`127.0.0.1:${port} is free`);
});

test('settings of a file count, and those that can’t work are a finding among the others', async () => {
  const file = join(state, 'environment');
  await writeFile(file, 'APPFLUX_PORT=none\nAPPFLUX_RUNERS=2\n');
  await writeFile(join(state, 'secrets.json'), '{}');
  await chmod(join(state, 'secrets.json'), 0o644);
  const { exitCode, output } = await doctor({}, '--environment', file);
  expect(output).toMatch(/^BAD {2}APPFLUX_PORT must be a whole number/m);
  expect(output).toMatch(/^weak APPFLUX_RUNERS is not an AppFlux variable.*APPFLUX_RUNNERS/m);
  expect(output).toMatch(/^BAD {2}Other users of this machine can read .*secrets\.json/m);
  expect(output).toMatch(/^weak Backup: none yet/m);
  expect(exitCode).toBe(1);
});

test('a file or an option that there is none of is one sentence', async () => {
  expect(await doctor({}, '--environment', join(state, 'none'))).toMatchObject({
    exitCode: 1,
    output: expect.stringMatching(/^\n?\S*none can't be read \(ENOENT.*\): name a file/),
  });
  const { output } = await doctor({}, '--fix');
  expect(output).toContain('the only option is --environment FILE');
  expect(output).not.toContain('    at ');
});
