/** What is downloaded, and when it is left alone. */
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { COMPLETE_FILE, prepareVersion } from './prepare.ts';
import { askServed, decideUpdate, isTrusted, type Served } from './served.ts';
import { archiveOf, PackageServer, packageEntries, sha256Of } from './testing/packages.ts';
import { BadPackage } from './unpack.ts';
import { folderOf, versionsFolder } from './version-record.ts';

const { signal } = new AbortController();
let state: string;
let server: PackageServer;
const installPackages = vi.fn(async () => undefined);

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'appflux-prepare-'));
  server = await PackageServer.start();
  installPackages.mockReset();
});
afterEach(async () => {
  await server.close();
  await rm(state, { recursive: true, force: true });
});

async function prepare(): Promise<Served> {
  const served = await askServed(server.url, signal);
  if (served === null) throw new Error('nothing is served');
  await prepareVersion({ instance: server.url, state, served, signal, installPackages });
  return served;
}

const left = () => readdir(versionsFolder(state));

test('a package is downloaded, unpacked and installed once', async () => {
  server.serve(await archiveOf(packageEntries('1.2.3', 'program')), '1.2.3');
  const served = await prepare();
  const folder = folderOf(state, served);
  expect(await readFile(join(folder, 'runner/src/commands/cli.ts'), 'utf8')).toBe('program');
  expect(await readFile(join(folder, COMPLETE_FILE), 'utf8')).toBe(`${served.sha256}\n`);
  expect(await left()).toEqual([served.sha256]);
  await prepare();
  expect(installPackages).toHaveBeenCalledTimes(1);
  expect(server.asked.filter((path) => path.endsWith('.tgz'))).toHaveLength(1);
});

test('another checksum, another size and a cut connection leave nothing', async () => {
  const archive = await archiveOf(packageEntries('1.2.3'));
  for (const wrong of [
    { sha256: sha256Of('another') },
    { bytes: archive.length - 1 },
    { bytes: archive.length + 1 },
  ]) {
    server.serve(archive, '1.2.3', wrong);
    await expect(prepare()).rejects.toThrow(/checksum|bytes/);
    expect(await left()).toEqual([]);
  }
  server.serve(archive, '1.2.3');
  server.cutAt = 20;
  await expect(prepare()).rejects.toThrow();
  expect(await left()).toEqual([]);
  expect(installPackages).not.toHaveBeenCalled();
});

test('an older version under a newer number, and a package without a runner, are refused', async () => {
  server.serve(await archiveOf(packageEntries('0.0.1')), '9.9.9');
  await expect(prepare()).rejects.toThrow(BadPackage);
  server.serve(await archiveOf([{ name: 'README', text: 'x' }]), '9.9.9');
  await expect(prepare()).rejects.toThrow(BadPackage);
  expect(await left()).toEqual([]);
});

test('packages that cannot be installed leave nothing, and another try works', async () => {
  server.serve(await archiveOf(packageEntries('1.2.3')), '1.2.3');
  installPackages.mockRejectedValueOnce(new Error('npm ci failed'));
  await expect(prepare()).rejects.toThrow('npm ci failed');
  expect(await left()).toEqual([]);
  await access(folderOf(state, await prepare()));
});

test('an instance without a package serves none; what is not a description is an error', async () => {
  expect(await askServed(server.url, signal)).toBeNull();
  const right = { version: '1.2.3', sha256: sha256Of('x'), bytes: 1 };
  for (const facts of [
    '<html>',
    { ...right, version: 'latest' },
    { ...right, sha256: '../../outside' },
    { ...right, bytes: 1e12 },
    'x'.repeat(10_000),
  ]) {
    server.facts = facts;
    await expect(askServed(server.url, signal)).rejects.toThrow();
  }
});

test('only a newer version, or another build of the same one, is an update', () => {
  const served = { version: '1.2.0', sha256: sha256Of('served'), bytes: 1 };
  const running = (version: string, sha256: string | null = sha256Of('running')) => ({ version, sha256 });
  expect(decideUpdate(served, running('1.1.9'), [])).toBe('update');
  expect(decideUpdate(served, running('1.2.0-next.1'), [])).toBe('update');
  expect(decideUpdate(served, running('1.2.0'), [])).toBe('update');
  expect(decideUpdate(served, running('1.2.0', null), [])).toBe('same');
  expect(decideUpdate(served, running('1.2.0', served.sha256), [])).toBe('same');
  expect(decideUpdate(served, running('1.2.1'), [])).toBe('older');
  expect(decideUpdate(served, running('1.10.0', null), [])).toBe('older');
  const failed = [{ version: '1.2.0', sha256: served.sha256, reason: 'it failed' }];
  expect(decideUpdate(served, running('1.1.9'), failed)).toBe('refused');
  expect(decideUpdate({ ...served, sha256: sha256Of('mended') }, running('1.1.9'), failed)).toBe('update');
});

test('code comes over HTTPS, or from this machine', () => {
  const trusted = [
    'https://apps.example.com',
    'http://127.0.0.1:8787',
    'http://localhost:1',
    'http://[::1]:1',
  ];
  const others = ['http://apps.example.com', 'http://127.0.0.1.example.com', 'http://localhost.example.com'];
  expect(trusted.filter((url) => !isTrusted(new URL(url)))).toEqual([]);
  expect(others.filter((url) => isTrusted(new URL(url)))).toEqual([]);
});
