/**
 * A real runner follows its instance: it downloads the package that the instance serves, installs it with npm, starts it in
 * its own place, and goes back from one that can't start. It builds on its host: which executor it has doesn't matter here.
 */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256Of } from '../../runner/src/update/testing/packages.ts';
import { folderOf, VersionRecord } from '../../runner/src/update/version-record.ts';
import { ensureRunnerPackage, PACKAGE_FOLDER } from '../../stack/runner-package/ensure.ts';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { zipOf } from '../source/zip.ts';
import { Fleet } from './runners.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NAME = 'follower';
/** A download, npm, and the time for which a version has to stay connected. Milliseconds. */
const LONG = { timeout: 240_000, interval: 500 };

let home: string;
let assets: string;
let edge: EdgeInstance;
let client: Client;
let fleet: Fleet;

/** Lets the instance serve its package under another version; `change` gets the folder of the unpacked package. */
async function serve(version: string, change: (folder: string) => Promise<void> = async () => undefined) {
  const folder = await mkdtemp(join(home, 'package-'));
  const served = join(assets, PACKAGE_FOLDER);
  await ensureRunnerPackage(ROOT, join(home, 'original'));
  await execa('tar', ['-xzf', join(home, 'original', PACKAGE_FOLDER, 'runner.tgz'), '-C', folder]);
  const manifest = join(folder, 'runner', 'package.json');
  const text = await readFile(manifest, 'utf8');
  await writeFile(manifest, JSON.stringify({ ...JSON.parse(text), version }));
  await change(folder);
  await mkdir(served, { recursive: true });
  await execa('tar', ['-czf', join(served, 'runner.tgz'), '-C', folder, '.']);
  const archive = readFileSync(join(served, 'runner.tgz'));
  const facts = { version, sha256: sha256Of(archive), bytes: archive.length };
  await writeFile(join(served, 'package.json'), JSON.stringify(facts));
  return facts;
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'appflux-self-update-'));
  assets = join(home, 'assets');
  await mkdir(assets);
  await writeFile(join(assets, 'index.html'), '<!doctype html>');
});
afterAll(async () => {
  await fleet?.stop();
  await edge?.stop();
  await rm(home, { recursive: true, force: true });
});

const shown = async () => (await client.runners()).map(({ version, status }) => `${version} ${status}`);

const record = async () =>
  VersionRecord.parse(JSON.parse(await readFile(join(stateOf(), 'versions', 'versions.json'), 'utf8')));
const stateOf = () => fleet.of(NAME).state;

/** Builds once. Gives the version of the runner that has. */
async function built(): Promise<string | undefined> {
  const uploadId = await client.upload('page.zip', await zipOf({ 'page.html': '<h1>Built</h1>' }));
  const { id } = await client.deploy('page', { uploadId });
  expect((await client.untilEnded(id)).failure).toBeNull();
  const [first] = (await client.logs(id)).items;
  return /on runner follower \((\S+)\)/.exec(first?.text ?? '')?.[1];
}

// A second try would find the runner as the first has left it.
test('it updates itself, and goes back from a version that cannot start', {
  timeout: 900_000,
  retry: 0,
}, async () => {
  const good = await serve('9.0.0');
  edge = await startInstance({ config: { assets } });
  client = new Client(edge);
  await client.createApp({
    name: 'Page',
    type: 'web',
    build: {
      buildCommand: 'mkdir dist && cp page.html dist/index.html',
      outputs: ['dist'],
      labels: ['host'],
    },
  });
  fleet = await Fleet.start(client, {
    names: [NAME],
    env: {
      APPFLUX_RUNNER_EXECUTOR: 'host',
      APPFLUX_RUNNER_LABELS: 'host',
      APPFLUX_RUNNER_SELF_UPDATE: '1',
      APPFLUX_RUNNER_SELF_UPDATE_WITHIN: '0',
    },
  });
  const { id } = (await client.runners())[0] ?? {};
  expect(await built()).not.toBe('9.0.0');

  await expect.poll(shown, LONG).toEqual(['9.0.0 online']);
  expect(await built()).toBe('9.0.0');
  await expect.poll(async () => (await record()).current, LONG).toMatchObject({ sha256: good.sha256 });

  const bad = await serve('9.1.0', (folder) =>
    writeFile(join(folder, 'runner', 'src', 'start', 'start.ts'), 'throw new Error("It cannot start");'),
  );
  // What a deploy of the instance does: every connection breaks off, and the next one finds other files.
  await edge.crash();
  await expect.poll(async () => (await record()).refused, LONG).toMatchObject([{ sha256: bad.sha256 }]);
  await expect.poll(shown, LONG).toEqual(['9.0.0 online']);
  expect(await built()).toBe('9.0.0');
  expect((await client.runners()).map((runner) => runner.id)).toEqual([id]);
  // Its thousands of files are removed while the runner builds again.
  await expect.poll(() => existsSync(folderOf(stateOf(), bad)), LONG).toBe(false);

  const { child } = fleet.of(NAME);
  expect(await child.stop(60_000)).toBe('exit code 0');
});
