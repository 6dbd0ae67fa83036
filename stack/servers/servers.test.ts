/** How the process for servers of sites is kept, with a program that stands in for workerd. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RunningWorkerd } from '../workerd/run.ts';
import { ServersConfig, socketPaths } from './config.ts';
import { keepServers, type Servers } from './servers.ts';

let folder: string;
let lines: string[];
let kept: Servers | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-keep-'));
  lines = [];
});
afterEach(async () => {
  await kept?.stop(0);
  kept = undefined;
  await rm(folder, { recursive: true });
});

const config = () =>
  ServersConfig.parse({
    wranglerConfig: '',
    main: '',
    persist: join(folder, 'persisted'),
    sockets: join(folder, 'run'),
    logFile: join(folder, 'servers.log'),
    memoryBytes: 2 ** 30,
  });

async function keep(start: () => Promise<RunningWorkerd>): Promise<Servers> {
  kept = await keepServers(config(), (level, message) => lines.push(`${level} ${message}`), start);
  return kept;
}

/** A process that answers everything with what it is sent, and is there when its socket is. */
async function startEcho(): Promise<RunningWorkerd & { readonly isRunning: () => boolean }> {
  const { host, starting } = socketPaths(join(folder, 'run'));
  const server = createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket));
  await new Promise<void>((listening) => server.listen(starting, listening));
  const child = spawn('sleep', ['1000']);
  const ended = once(child, 'exit').then(([code, signal]) => {
    server.close();
    return signal ?? `exit code ${code}`;
  });
  await rename(starting, host);
  return {
    pid: child.pid ?? 0,
    ended,
    kill: () => void child.kill('SIGKILL'),
    stop: async () => {
      child.kill('SIGTERM');
      return ended;
    },
    isRunning: () => child.exitCode === null && child.signalCode === null,
  };
}

async function echoed(text: string): Promise<string> {
  const socket = createConnection(socketPaths(join(folder, 'run')).host);
  socket.write(text);
  const [chunk] = await once(socket, 'data');
  socket.destroy();
  return String(chunk);
}

test('a process that fails to start is tried again, and who waits for it gets an answer', async () => {
  const start = vi
    .fn(startEcho as () => Promise<RunningWorkerd>)
    .mockRejectedValueOnce(new Error('no memory'));
  const { current } = await keep(start);
  expect(start).not.toHaveBeenCalled();
  expect(await Promise.all(['one', 'two'].map(echoed))).toEqual(['one', 'two']);
  expect(lines).toEqual(['error servers of sites: no memory; trying again in 0.5 s']);
  expect(current()).toMatchObject({ run: 1, isUp: true });
});

test('a stop while it starts ends it, and its callers', async () => {
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let started: Awaited<ReturnType<typeof startEcho>> | undefined;
  const { stop } = await keep(async () => {
    begun.resolve();
    await goOn.promise;
    started = await startEcho();
    return started;
  });
  const socket = createConnection(socketPaths(join(folder, 'run')).host);
  const closed = new Promise<void>((resolve) => {
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
  });
  await begun.promise;
  const stopped = stop(1_000);
  await closed;
  goOn.resolve();
  await stopped;
  expect(started?.isRunning()).toBe(false);
});

test('its end is reported if it ends by itself, and not if the instance stops', async () => {
  const { current, stop } = await keep(startEcho);
  await echoed('x');
  process.kill(current().pid ?? 0, 'SIGKILL');
  await expect.poll(() => current().run).toBe(2);
  expect(lines).toEqual([
    'warn servers of sites: the process ended by itself (SIGKILL)',
    'warn servers of sites: the process ended (crash); starting it again',
  ]);
  await stop(1_000);
  expect(lines).toHaveLength(2);
});
