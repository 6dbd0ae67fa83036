import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Control, type ControlServer, serveControl } from './control.ts';

/** Writes numbers to a file, and has a child that does so too. */
const WRITER = `
const { writeFileSync } = require('node:fs');
const { spawn } = require('node:child_process');
const [file, ...rest] = process.argv.slice(1);
if (rest.length > 0) spawn(process.execPath, ['-e', process.env.WRITER, ...rest], { stdio: 'inherit' });
let number = 0;
setInterval(() => writeFileSync(file, String(++number)), 1);
`;

let folder: string;
let parent: ReturnType<typeof spawn>;
let server: ControlServer;
const description = { url: 'http://localhost:1', variables: { A: 'b' }, environment: {} };

/** A stand-in for the edge process: what it has started is what is paused. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-control-'));
  const files = [join(folder, 'parent'), join(folder, 'child')];
  const keepAlive = `require('node:child_process').spawn(process.execPath, ['-e', process.env.WRITER, ...process.argv.slice(1)], { stdio: 'inherit' }); setInterval(() => 0, 1000);`;
  parent = spawn(process.execPath, ['-e', keepAlive, ...files], {
    env: { ...process.env, WRITER },
    stdio: 'inherit',
    detached: true,
  });
  for (const file of files) while ((await numberIn(file)) === 0) await sleep(20);
});

afterEach(async () => {
  server.close();
  const ended = once(parent, 'exit');
  process.kill(-(parent.pid ?? 0), 'SIGKILL');
  await ended;
  await rm(folder, { recursive: true, force: true });
});

const numberIn = async (file: string) => Number(await readFile(file, 'utf8').catch(() => '0'));
const numbers = async () => [await numberIn(join(folder, 'parent')), await numberIn(join(folder, 'child'))];

/** Whether both processes write. */
async function bothWrite(): Promise<boolean> {
  const [one = 0, two = 0] = await numbers();
  for (let tries = 0; tries < 200; tries += 1) {
    await sleep(10);
    const [later = 0, other = 0] = await numbers();
    if (later !== one && other !== two) return true;
  }
  return false;
}

async function open(options: { pauseMs?: number } = {}): Promise<Control> {
  const path = join(folder, 'control.sock');
  server = await serveControl(path, description, { ...options, pid: parent.pid ?? 0 });
  const control = await Control.connect(path);
  if (control === null) throw new Error('nothing listens');
  return control;
}

test('a pause stops all that the instance has started, and the end of it lets it go on', async () => {
  const control = await open();
  expect(await control.describe()).toEqual(description);
  await control.pause();
  const still = await numbers();
  await sleep(100);
  expect(await numbers()).toEqual(still);
  expect(await control.resume()).not.toBeNull();
  expect(await bothWrite()).toBe(true);
  control.close();
});

test('the instance goes on when the process that paused it is gone', async () => {
  const control = await open();
  await control.pause();
  control.close();
  expect(await bothWrite()).toBe(true);
});

test('the instance goes on when it was paused for too long, and says so', async () => {
  const control = await open({ pauseMs: 50 });
  await control.pause();
  expect(await bothWrite()).toBe(true);
  expect(await control.resume()).toBeNull();
  await control.pause();
  expect(await control.resume()).not.toBeNull();
  control.close();
});

test('two processes cannot pause it together', async () => {
  const control = await open();
  const other = await Control.connect(join(folder, 'control.sock'));
  await control.pause();
  await expect(other?.pause()).rejects.toMatchObject({ code: 'backup_failed' });
  // The one that was refused has no part in the pause: its end does not end it.
  other?.close();
  await sleep(50);
  const still = await numbers();
  await sleep(100);
  expect(await numbers()).toEqual(still);
  await control.resume();
  control.close();
});

test('a path may be longer than the name of a socket, and a socket that was left behind is replaced', async () => {
  server = { close: () => undefined };
  const deep = join(folder, 'x'.repeat(120));
  await mkdir(deep);
  const path = join(deep, 'control.sock');
  expect(await Control.connect(path)).toBeNull();
  await writeFile(path, '');
  expect(await Control.connect(path)).toBeNull();
  server = await serveControl(path, description);
  const control = await Control.connect(path);
  expect(await control?.describe()).toEqual(description);
  control?.close();
});
