/** When a running runner asks for an update, and what it does with the answer. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keptJournal } from '../testing/docker.ts';
import type { prepareVersion } from './prepare.ts';
import { PackageServer, sha256Of } from './testing/packages.ts';
import { BadPackage } from './unpack.ts';
import { Updater } from './updater.ts';
import { emptyRecord, refused, type Version, writeRecord } from './version-record.ts';

const RUNNING = { version: '1.0.0', sha256: sha256Of('running') };
const NEXT = { version: '1.1.0', sha256: sha256Of('next'), bytes: 10 };
const { version, sha256 } = NEXT;

let state: string;
let server: PackageServer;
let stop: AbortController;

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'appflux-updater-'));
  server = await PackageServer.start();
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await server.close();
  await rm(state, { recursive: true, force: true });
});

function open(
  options: {
    whenIdle?: () => Promise<void>;
    prepare?: typeof prepareVersion;
    patienceMs?: number;
    url?: URL;
  } = {},
) {
  const happened: string[] = [];
  const ready: Version[] = [];
  const { journal, lines } = keptJournal();
  const updater = new Updater({
    instance: options.url ?? server.url,
    state,
    running: RUNNING,
    withinMs: 0,
    journal,
    whenIdle: options.whenIdle ?? (async () => undefined),
    onReady: (one) => ready.push(one),
    onBad: (_, reason) => happened.push(reason),
    signal: stop.signal,
    timing: { provedMs: 1, everyMs: 30, patienceMs: options.patienceMs ?? 60_000 },
    prepare: async (wanted) => {
      happened.push('prepares');
      await options.prepare?.(wanted);
    },
  });
  updater.connected();
  return { happened, ready, lines };
}

const asked = () => server.asked.length;

test('a newer version is made ready, and reported', async () => {
  server.facts = NEXT;
  const { ready } = open();
  await expect.poll(() => ready.at(-1)).toEqual({ version, sha256 });
});

test('while something is built it waits, but not for ever', async () => {
  server.facts = NEXT;
  const { promise: idle, resolve } = Promise.withResolvers<void>();
  const patient = open({ whenIdle: () => idle });
  await expect.poll(() => patient.lines.join('')).toContain('The instance serves another version');
  expect(patient.happened).toEqual([]);
  resolve();
  await expect.poll(() => patient.ready.length).toBeGreaterThan(0);
  const never = open({ whenIdle: () => new Promise(() => undefined), patienceMs: 20 });
  await expect.poll(() => never.ready.length).toBeGreaterThan(0);
});

test('an older version, the same one, and one that failed here are left alone', async () => {
  const { happened } = open();
  for (const facts of [
    { ...NEXT, version: '0.9.0' },
    { ...NEXT, sha256: RUNNING.sha256 },
  ]) {
    server.facts = facts;
    const before = asked();
    await expect.poll(asked).toBeGreaterThan(before + 1);
  }
  await writeRecord(state, refused(emptyRecord(RUNNING), { version, sha256 }, 'it failed'));
  server.facts = NEXT;
  const before = asked();
  await expect.poll(asked).toBeGreaterThan(before + 1);
  expect(happened).toEqual([]);
});

test('what fails is tried again later; what must not be installed is reported', async () => {
  server.facts = NEXT;
  let tries = 0;
  const { ready, lines } = open({
    prepare: async () => {
      tries += 1;
      if (tries === 1) throw new Error('the network is gone');
    },
  });
  await expect.poll(() => ready.length).toBeGreaterThan(0);
  expect(lines.join('')).toContain('It is tried again later');
  const bad = open({ prepare: () => Promise.reject(new BadPackage('it has a link')) });
  await expect.poll(() => bad.happened).toContain('it has a link');
  expect(bad.ready).toEqual([]);
});

test('over plain http from elsewhere nothing is asked for', async () => {
  const { lines } = open({ url: new URL('http://apps.example.invalid') });
  await expect.poll(() => lines.join('')).toContain('over plain http');
  await expect.poll(() => lines.length).toBe(1);
});
