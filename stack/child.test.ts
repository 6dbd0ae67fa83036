import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Child, startChild } from './child.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-child-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const shell = (script: string): Promise<Child> =>
  startChild({
    command: '/bin/sh',
    args: ['-c', script],
    cwd: folder,
    env: process.env,
    logFile: join(folder, 'logs', 'child.log'),
  });

const untilPrinted = (child: Child, text: string) =>
  vi.waitFor(async () => expect(await child.output()).toContain(text), { timeout: 10_000, interval: 20 });

/** Whether a process runs. A zombie does not (proc_pid_stat(5): Z). */
const isAlive = (pid: number) => {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

test('a child appends both its outputs to its log', async () => {
  await (await shell('echo before')).ended;
  const child = await shell('echo out; echo err >&2; exit 3');
  expect(await child.ended).toBe('exit code 3');
  expect(await child.output()).toBe('out\nerr\n');
  expect(await readFile(join(folder, 'logs', 'child.log'), 'utf8')).toBe('before\nout\nerr\n');
});

test('a child that gets TERM has time to end by itself', async () => {
  const child = await shell('trap "echo tidied; exit 0" TERM; echo up; while :; do sleep 0.05; done');
  await untilPrinted(child, 'up');
  expect(await child.stop(10_000)).toBe('exit code 0');
  expect(await child.output()).toContain('tidied');
});

test('a child that ignores TERM is killed with everything it has started', async () => {
  const child = await shell(
    'trap "" TERM; sleep 600 & echo "sleeper $!"; echo up; while :; do sleep 0.05; done',
  );
  await untilPrinted(child, 'up');
  const sleeper = Number(/sleeper (\d+)/.exec(await child.output())?.[1]);
  expect(isAlive(sleeper)).toBe(true);
  expect(await child.stop(200)).toBe('SIGKILL');
  await vi.waitFor(() => expect(isAlive(sleeper)).toBe(false));
});

test('the processes of a killed child are killed as well', async () => {
  const child = await shell('sleep 600 & echo "sleeper $!"; wait');
  await untilPrinted(child, 'sleeper');
  const sleeper = Number(/sleeper (\d+)/.exec(await child.output())?.[1]);
  child.process.kill('SIGKILL');
  expect(await child.ended).toBe('SIGKILL');
  await vi.waitFor(() => expect(isAlive(sleeper)).toBe(false));
});

test('a missing program is an error', async () => {
  await expect(
    startChild({ command: '/nowhere/program', args: [], cwd: folder, env: {}, logFile: join(folder, 'log') }),
  ).rejects.toThrow('ENOENT');
});
