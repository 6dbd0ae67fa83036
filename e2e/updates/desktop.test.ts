/**
 * Update feeds of desktop apps, from build to verified download: the real runner and control plane, `electron-updater`,
 * and Tauri's own signer.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pause } from '../instance/client.ts';
import { type InstanceWithRunner, startWithRunner } from '../instance/with-runner.ts';
import { zipOf } from '../source/zip.ts';
import { blockmapOf } from './blockmap.ts';
import { type Installed, type System, updaterOf } from './electron-client.ts';
import { isSigned } from './minisign.ts';

const TAURI = join(import.meta.dirname, '..', '..', 'node_modules', '.bin', 'tauri');

let instance: InstanceWithRunner;
let folder: string;
let slug: string;

const sha512 = (bytes: Buffer) => createHash('sha512').update(bytes).digest('base64');

/** Blocks that both versions of the installer have, around some that changed. */
const common = [randomBytes(40_960), randomBytes(81_920)];
const installerOf = (version: string) =>
  Buffer.concat([
    common[0] ?? Buffer.alloc(0),
    Buffer.from(version.padEnd(4096)),
    common[1] ?? Buffer.alloc(0),
  ]);

const bundlesOf = (version: string): Record<string, Buffer> => ({
  [`App-${version}.AppImage`]: Buffer.from(`AppImage ${version}`),
  [`App-${version}-arm64.AppImage`]: Buffer.from(`AppImage for arm64 ${version}`),
  [`App-${version}-mac.zip`]: Buffer.from(`for macOS ${version}`),
  [`App Setup ${version}.exe`]: installerOf(version),
  [`App Setup ${version}.exe.blockmap`]: blockmapOf(installerOf(version)),
  [`App Portable ${version}.exe`]: Buffer.from(`portable ${version}`),
  [`app_${version}_amd64.deb`]: Buffer.from(`Debian ${version}`),
});

/** Builds and releases a version of the app. Returns the names and bytes of its files. */
async function release(version: string): Promise<Record<string, Buffer>> {
  const { client } = instance;
  const bundles = bundlesOf(version);
  const deb = `app_${version}_amd64.deb`;
  await writeFile(join(folder, deb), bundles[deb] ?? '');
  const key = await readFile(join(folder, 'tauri.key'), 'utf8');
  await execa(TAURI, ['signer', 'sign', '--password', '', deb], {
    cwd: folder,
    env: { TAURI_SIGNING_PRIVATE_KEY: key },
  });
  const setup = bundles[`App Setup ${version}.exe`] ?? Buffer.alloc(0);
  const files = {
    'package.json': JSON.stringify({ name: 'app', version }),
    'appflux.json': JSON.stringify({
      installCommand: 'true',
      buildCommand: 'cp -r bundles dist',
      outputs: ['dist/*.{AppImage,blockmap,deb,exe,zip}'],
    }),
    ...Object.fromEntries(Object.entries(bundles).map(([name, bytes]) => [`bundles/${name}`, bytes])),
    [`bundles/${deb}.sig`]: await readFile(join(folder, `${deb}.sig`)),
    // What electron-builder lists is what is installed and updated: the portable program is neither.
    'bundles/latest.yml': `version: ${version}\nfiles:\n  - url: App Setup ${version}.exe\n    sha512: ${sha512(setup)}\n    size: ${setup.length}\n`,
  };
  const uploadId = await client.upload('app.zip', await zipOf(files));
  const { id } = await client.deploy(slug, { uploadId });
  const ended = await client.untilEnded(id);
  const log = (await client.logs(id)).items.map(({ text }) => text).join('\n');
  expect(ended, log).toMatchObject({ status: 'success', version });
  while ((await client.app(slug)).release !== id) await pause(100);
  return bundles;
}

const published: Record<string, Record<string, Buffer>> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-updates-'));
  await execa(TAURI, [
    'signer',
    'generate',
    '--ci',
    '--password',
    '',
    '--write-keys',
    join(folder, 'tauri.key'),
  ]);
  instance = await startWithRunner({
    name: 'mini',
    labels: ['macos'],
    env: { APPFLUX_RUNNER_EXECUTOR: 'host' },
  });
  ({ slug } = await instance.client.createApp({
    name: 'Updated',
    type: 'desktop',
    build: { labels: ['macos'] },
  }));
  for (const version of ['1.0.0', '1.1.0']) published[version] = await release(version);
});

afterAll(async () => {
  await instance?.stop();
  await rm(folder, { recursive: true, force: true });
});

const installed = (system: System, more: Partial<Installed> = {}): Installed => ({
  system,
  version: '1.0.0',
  url: `${instance.edge.url}/a/${slug}/updates/electron`,
  folder: join(folder, `${system}-${randomBytes(4).toString('hex')}`),
  ...more,
});

const bytesOf = (name: string): Buffer | undefined => published['1.1.0']?.[name];

describe('electron-updater', () => {
  it('finds, downloads and verifies the AppImage of its processor', async () => {
    process.env.APPIMAGE = join(folder, 'old.AppImage');
    const updater = await updaterOf(installed('linux'));
    const found = await updater.checkForUpdates();
    expect(found).toMatchObject({ isUpdateAvailable: true, updateInfo: { version: '1.1.0' } });
    const [path = ''] = await updater.downloadUpdate();
    expect(await readFile(path)).toEqual(bytesOf('App-1.1.0.AppImage'));
    delete process.env.APPIMAGE;
  });

  it('asks for the feed of another processor by its name', async () => {
    process.env.APPIMAGE = join(folder, 'old.AppImage');
    process.env.TEST_UPDATER_ARCH = 'arm64';
    const updater = await updaterOf(installed('linux'));
    await updater.checkForUpdates();
    const [path = ''] = await updater.downloadUpdate();
    expect(await readFile(path)).toEqual(bytesOf('App-1.1.0-arm64.AppImage'));
    delete process.env.TEST_UPDATER_ARCH;
    delete process.env.APPIMAGE;
  });

  it('downloads what changed of a Windows installer, by the blockmaps of both versions', async () => {
    const app = installed('win32');
    const log: string[] = [];
    const updater = await updaterOf(app, log);
    await updater.checkForUpdates();
    // What an installation keeps of its own installer.
    const cache = join(app.folder, 'updater');
    await execa('mkdir', ['-p', cache]);
    await writeFile(join(cache, 'installer.exe'), published['1.0.0']?.['App Setup 1.0.0.exe'] ?? '');
    const [path = ''] = await updater.downloadUpdate();
    expect(await readFile(path)).toEqual(bytesOf('App Setup 1.1.0.exe'));
    expect(log.join('\n')).toContain('Full: 124 KB, To download: 4 KB (3%)');
  });

  it('downloads the ZIP for macOS', async () => {
    const updater = await updaterOf(installed('darwin'));
    await updater.checkForUpdates();
    const [path = ''] = await updater.downloadUpdate();
    expect(await readFile(path)).toEqual(bytesOf('App-1.1.0-mac.zip'));
    (updater as { closeServerIfExists?: () => void }).closeServerIfExists?.();
  });

  it('has nothing to do when it is current, and never goes back', async () => {
    for (const version of ['1.1.0', '2.0.0']) {
      const updater = await updaterOf(installed('win32', { version }));
      expect(await updater.checkForUpdates(), version).toMatchObject({ isUpdateAvailable: false });
    }
  });

  it('refuses bytes that are not those of the feed', async () => {
    const updater = await updaterOf(installed('darwin'));
    const found = await updater.checkForUpdates();
    const files = found?.updateInfo.files ?? [];
    for (const file of files) Object.assign(file, { sha512: sha512(Buffer.from('another')) });
    await expect(updater.downloadUpdate()).rejects.toThrow(/sha512 checksum mismatch/);
  });
});

it('an app that is not public is updated with a token, which goes to its files as well', async () => {
  const { client, edge } = instance;
  await client.api.apps.update(slug, { access: { production: 'team' } });
  const check = async (headers?: Record<string, string>) => {
    const updater = await updaterOf(installed('darwin', headers === undefined ? {} : { headers }));
    await updater.checkForUpdates();
    const [path = ''] = await updater.downloadUpdate();
    (updater as { closeServerIfExists?: () => void }).closeServerIfExists?.();
    return readFile(path);
  };
  const feed = `${edge.url}/a/${slug}/updates/tauri/linux/x86_64/1.0.0`;
  await expect.poll(async () => (await fetch(feed)).status).toBe(401);
  await expect(check()).rejects.toThrow('401');
  const authorization = `Bearer ${client.token}`;
  expect(await check({ authorization })).toEqual(bytesOf('App-1.1.0-mac.zip'));
  expect((await fetch(feed, { headers: { authorization } })).status).toBe(200);
  await client.api.apps.update(slug, { access: { production: 'public' } });
  await expect.poll(async () => (await fetch(feed)).status).toBe(200);
});

describe('Tauri', () => {
  it('gets the newer bundle with a signature by the key of the app', async () => {
    const response = await fetch(`${instance.edge.url}/a/${slug}/updates/tauri/linux/x86_64/1.0.0`);
    expect(response.status).toBe(200);
    const update = (await response.json()) as {
      version: string;
      url: string;
      signature: string;
      pub_date: string;
    };
    expect(update.version).toBe('1.1.0');
    expect(new Date(update.pub_date).toISOString()).toBe(update.pub_date);
    const bytes = Buffer.from(await (await fetch(update.url)).arrayBuffer());
    const key = await readFile(join(folder, 'tauri.key.pub'), 'utf8');
    expect(isSigned(bytes, update.signature, key)).toBe(true);
    expect(isSigned(Buffer.from('another'), update.signature, key)).toBe(false);
  });

  it('gets nothing when it is current', async () => {
    const response = await fetch(`${instance.edge.url}/a/${slug}/updates/tauri/linux/x86_64/1.1.0`);
    expect(response.status).toBe(204);
  });
});
