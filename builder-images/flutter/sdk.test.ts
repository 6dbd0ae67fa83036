/** The Flutter that a build uses in the official image, with a fake SDK, and releases from a local server. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseRelease } from './official/releases.mjs';

const run = promisify(execFile);
const SCRIPT = join(import.meta.dirname, 'official/sdk.mjs');

const release = (version: string, channel = 'stable', hash = version) => ({
  hash,
  channel,
  version,
  archive: `${channel}/linux/flutter_linux_${version}-${channel}.tar.xz`,
  sha256: '',
});
const INDEX = {
  current_release: { stable: 'abc', beta: 'def' },
  releases: [
    release('3.48.0-0.1.pre', 'beta', 'def'),
    release('3.47.5', 'stable', 'abc'),
    release('3.47.5', 'beta', 'abc'),
    release('3.41.9'),
    release('3.35.1'),
    release('3.10.0'),
    release('v1.22.6'),
  ],
};

describe('the release of Flutter', () => {
  test.each([
    ['stable', '3.47.5', 'stable'],
    ['beta', '3.48.0-0.1.pre', 'beta'],
    ['3.35.1', '3.35.1', 'stable'],
    ['v3.35.1', '3.35.1', 'stable'],
    ['1.22.6', 'v1.22.6', 'stable'],
    ['3.47.5@beta', '3.47.5', 'beta'],
    ['3.48.0-0.1.pre', '3.48.0-0.1.pre', 'beta'],
    ['>=3.10.0 <3.41.0', '3.35.1', 'stable'],
    ['>= 3.35.0 < 3.47.0', '3.41.9', 'stable'],
    ['^3.35.0', '3.47.5', 'stable'],
    ['<=3.35.1', '3.35.1', 'stable'],
  ])('for %s is %s', (asked, version, channel) => {
    expect(chooseRelease(INDEX, asked)).toMatchObject({ version, channel });
  });

  test.each(['3.99.0', '>=4.0.0', 'master', 'somebody/3.35.1', '__proto__', ''])(
    'is none for %j',
    (asked) => {
      expect(() => chooseRelease(INDEX, asked)).toThrow('Flutter has no release');
    },
  );
});

describe('the Flutter of a build', () => {
  let folder: string;
  let image: string;
  let server: Server;
  let asked: string[];
  /** The server's files, by path. */
  let content: Map<string, Buffer>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'appflux-flutter-'));
    image = join(folder, 'image');
    content = new Map();
    asked = [];
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const body = content.get(request.url ?? '');
      response.writeHead(body === undefined ? 404 : 200).end(body);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await write(image, {
      'bin/flutter': '#!/bin/sh\necho "image $*"\n',
      'bin/internal/update_dart_sdk.sh': `URL="\${FLUTTER_STORAGE_BASE_URL:-http://127.0.0.1:${port}}/flutter_infra_release"`,
      'bin/cache/dart-sdk/bin/dart': 'large',
      'bin/cache/artifacts/engine/linux-x64/gen_snapshot': 'large',
      'bin/cache/engine.stamp': 'stamp',
      'packages/flutter_tools/gradle/build.gradle.kts': '',
    });
  });

  afterEach(async () => {
    server.close();
    await run('chmod', ['-R', 'u+w', folder]);
    await rm(folder, { recursive: true });
  });

  async function write(top: string, files: Record<string, string>) {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(top, path)), { recursive: true });
      await writeFile(join(top, path), text);
    }
    await chmod(join(top, 'bin/flutter'), 0o755);
  }

  const sdk = (wanted?: string) =>
    run(process.execPath, [SCRIPT], {
      env: {
        PATH: process.env.PATH,
        APPFLUX_CACHE: join(folder, 'cache'),
        FLUTTER_IMAGE_SDK: image,
        ...(wanted === undefined ? {} : { APPFLUX_FLUTTER: wanted }),
      },
    });

  /** Puts a release on the server. */
  async function publish(version: string, sha256?: string) {
    const top = join(folder, 'release', 'flutter');
    await write(top, { 'bin/flutter': `#!/bin/sh\necho "${version} $*"\n` });
    const archive = join(folder, 'release.tar.xz');
    await run('tar', ['-cJf', archive, '-C', dirname(top), 'flutter']);
    const bytes = await readFile(archive);
    const entry = { ...release(version), sha256: sha256 ?? createHash('sha256').update(bytes).digest('hex') };
    const base = '/flutter_infra_release/releases';
    content.set(`${base}/releases_linux.json`, Buffer.from(JSON.stringify({ ...INDEX, releases: [entry] })));
    content.set(`${base}/${entry.archive}`, bytes);
  }

  test('is the image’s, in a writable folder, without its large parts', async () => {
    await run('chmod', ['-R', 'a-w', image]);
    const { stdout } = await sdk();
    expect(stdout).toBe(join(folder, 'cache/flutter/image'));
    expect((await run(join(stdout, 'bin/flutter'), ['--version'])).stdout).toBe('image --version\n');
    await run('chmod', ['-R', 'u+w', join(stdout, 'bin/cache')]);
    await writeFile(join(stdout, 'bin/cache/lockfile'), '');
    await writeFile(join(stdout, 'packages/flutter_tools/gradle/.gradle'), '');
    expect((await stat(join(image, 'bin/cache'))).isDirectory()).toBe(true);
    expect(await readdir(join(image, 'bin/cache'))).not.toContain('lockfile');
    const dart = join(stdout, 'bin/cache/dart-sdk/bin');
    expect((await stat(dart)).ino).toBe((await stat(join(image, 'bin/cache/dart-sdk/bin'))).ino);
    expect(asked).toEqual([]);
  });

  test('is the release that the project asks for, downloaded once', async () => {
    await publish('3.35.1');
    const { stdout, stderr } = await sdk('3.35.1');
    expect(stderr).toBe('Downloading Flutter 3.35.1.\n');
    expect((await run(join(stdout, 'bin/flutter'), ['doctor'])).stdout).toBe('3.35.1 doctor\n');
    expect(await readdir(stdout)).toEqual(['bin']);
    const before = asked.length;
    expect(await sdk('3.35.1')).toEqual({ stdout, stderr: '' });
    expect(asked).toHaveLength(before);
  });

  test('is an error if there is no such release', async () => {
    await publish('3.35.1');
    await expect(sdk('3.99.0')).rejects.toMatchObject({
      code: 1,
      stderr: 'flutter: Flutter has no release 3.99.0 for Linux\n',
    });
    expect(await readdir(join(folder, 'cache/flutter'))).toEqual([]);
  });

  test('is an error if the download has another hash', async () => {
    await publish('3.35.1', '0'.repeat(64));
    await expect(sdk('3.35.1')).rejects.toMatchObject({
      stderr: expect.stringContaining('the download is not Flutter 3.35.1: its SHA-256 differs'),
    });
    expect(await readdir(join(folder, 'cache/flutter'))).toEqual([]);
  });

  test('is an error if a name leads out of the folder', async () => {
    await publish('3.35.1');
    await expect(sdk('../../outside')).rejects.toMatchObject({
      stderr: 'flutter: Flutter has no release ../../outside for Linux\n',
    });
  });
});
