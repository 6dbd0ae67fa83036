import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FoundFile } from '../safe-file.ts';
import { factsIn, feedOf } from './electron.ts';
import { feedHash, updateFacts } from './index.ts';
import { checkedSignature } from './tauri.ts';

let folder: string;
const lines: string[] = [];

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'updates-')));
  lines.length = 0;
});
afterEach(() => rm(folder, { recursive: true }));

const sha512 = (bytes: string) => createHash('sha512').update(bytes).digest('base64');

async function found(name: string, bytes: string): Promise<FoundFile> {
  const real = join(folder, name);
  await writeFile(real, bytes);
  return { path: `dist/${name}`, real, stats: await lstat(real, { bigint: true }) };
}

const factsOf = (file: FoundFile, bytes: string, mask: (text: string) => string = String) =>
  updateFacts(file, feedHash(file.path)?.update(bytes) ?? null, {
    mask,
    log: (text) => void lines.push(String(text)),
  });

const channelFile = (name: string, hash: string, more = '') =>
  `version: 1.2.3\nfiles:\n  - url: ${name}\n    sha512: ${hash}\n    size: 3\n    blockMapSize: 77\n${more}path: ${name}\nsha512: ${hash}\nreleaseDate: '2026-11-23T10:00:00.000Z'\n`;

describe('the facts for electron-updater', () => {
  it('are a SHA-512 of files that it installs, and of no others', async () => {
    for (const name of ['a.AppImage', 'a.exe', 'a-mac.zip', 'a.dmg', 'a.deb', 'a.rpm']) {
      expect(await factsOf(await found(name, 'app'), 'app')).toEqual({ sha512: sha512('app') });
    }
    for (const name of ['a.apk', 'a.tar.gz', 'a.exe.blockmap', 'exe', 'notes.txt']) {
      expect(await factsOf(await found(name, 'app'), 'app')).toEqual({});
    }
  });

  it('include what electron-builder says of the file', async () => {
    const file = await found('My App-1.2.3-arm64.AppImage', 'app');
    await writeFile(
      join(folder, 'latest-linux-arm64.yml'),
      channelFile('My App-1.2.3-arm64.AppImage', sha512('app')),
    );
    expect(await factsOf(file, 'app')).toEqual({
      sha512: sha512('app'),
      updateFeed: 'linux-arm64',
      updateVersion: '1.2.3',
      blockMapSize: 77,
    });
    expect(lines).toEqual([]);
  });

  it('are about the delivered bytes where electron-builder says something else, and the log warns', async () => {
    const file = await found('a.exe', 'signed afterwards');
    await writeFile(join(folder, 'latest.yml'), channelFile('a.exe', sha512('app')));
    expect(await factsOf(file, 'signed afterwards')).toEqual({ sha512: sha512('signed afterwards') });
    expect(lines).toEqual([
      expect.stringMatching(/^Warning: latest\.yml has another SHA-512 for dist\/a\.exe\. .* changed after/),
    ]);
  });

  it('hide secrets', async () => {
    const file = await found('a.exe', 'app');
    await writeFile(join(folder, 'latest.yml'), channelFile('a.exe', sha512('app')));
    expect(await factsOf(file, 'app', (text) => text.replaceAll('1.2.3', '***'))).toMatchObject({
      updateVersion: '***',
    });
  });

  it('ignore channel files that are none', async () => {
    const file = await found('a.exe', 'app');
    const good = channelFile('a.exe', sha512('app'));
    await mkdir(join(folder, 'latest.yml'));
    execFileSync('mkfifo', [join(folder, 'beta.yml')]);
    await writeFile(join(folder, 'elsewhere'), good);
    await symlink('elsewhere', join(folder, 'alpha.yml'));
    await writeFile(join(folder, 'large.yml'), good + ' '.repeat(40_000));
    await writeFile(join(folder, 'builder-debug.yml'), good);
    expect(await factsOf(file, 'app')).toEqual({ sha512: sha512('app') });
    expect(lines).toEqual([]);
  });

  it.each([
    ['no YAML', '{{{'],
    ['a text', 'latest'],
    ['files of another kind', 'version: 1.0.0\nfiles: a.exe'],
    ['entries of another kind', 'version: 1.0.0\nfiles: [null, 1, a.exe, []]'],
    ['many aliases', `a: &a [x]\n${Array.from({ length: 200 }, (_, i) => `k${i}: *a`).join('\n')}`],
    ['another file', channelFile('b.exe', sha512('other'))],
  ])('find nothing in %s', (_what, text) => {
    expect(factsIn('latest.yml', text, 'a.exe', sha512('app'))).toBeNull();
  });

  it('leave out values of another kind', () => {
    const text = channelFile('a.exe', sha512('app')).replace('1.2.3', '{ a: 1 }').replace('77', '"-1"');
    expect(factsIn('latest.yml', text, 'a.exe', sha512('app'))?.facts).toMatchObject({
      updateFeed: 'windows',
      updateVersion: undefined,
      blockMapSize: undefined,
    });
  });

  it('know a name that is encoded as in a URL', () => {
    const text = channelFile('My%20App.exe', sha512('other'));
    expect(factsIn('latest.yml', text, 'My App.exe', sha512('app'))).toMatchObject({ agrees: false });
  });

  it.each([
    ['latest.yml', 'windows'],
    ['beta-mac.yml', 'mac'],
    ['latest-linux.yml', 'linux-x64'],
    ['latest-linux-arm.yml', 'linux-arm'],
    ['latest-Linux.yml', undefined],
    ['builder-debug.yml', undefined],
    ['latest-linux-.yml', undefined],
  ])('take %s for the feed %s', (name, feed) => expect(feedOf(name)).toBe(feed));
});

/** Made by `tauri signer sign` for a file called app.AppImage. */
const SIGNATURE =
  'dW50cnVzdGVkIGNvbW1lbnQ6IHNpZ25hdHVyZSBmcm9tIHRhdXJpIHNlY3JldCBrZXkKUlVReVBnVWppYzh3QndGVjRVNUdjWk1ITzd3ejZnM0YvZ3pRcFdib3l5V2wwS1lJQ1RvdnNHdk9Pb3hQeXRMSEJEUVhSZTRyZDBMYS85MkUrTDBOWXpvNHhwT3Bxanh5eGdRPQp0cnVzdGVkIGNvbW1lbnQ6IHRpbWVzdGFtcDoxNzk1OTYzMjA0CWZpbGU6YXBwLkFwcEltYWdlCmkyVm5nblU1SzErY01XL2trM0ZGYW5pbytkcmdDY3ppQ2tHRGUwQWt3d0xvM09oRDZWbHlmOGZWdG5tS2hYN2R4aXc1am1HbVFPZEt5eFNMdU1UK0JRPT0K';

describe('the signature for Tauri', () => {
  it('is what the file beside the bundle holds, unchanged', async () => {
    const file = await found('app.AppImage', 'app');
    await writeFile(`${file.real}.sig`, `${SIGNATURE}\n`);
    expect(await factsOf(file, 'app')).toEqual({ sha512: sha512('app'), signature: SIGNATURE });
  });

  it('of a bundle for macOS comes with the processor that its folder names', () => {
    const facts = (path: string) => {
      const signature = checkedSignature(SIGNATURE, path);
      return signature?.ok === true ? signature.facts : signature;
    };
    const bundle = 'release/bundle/macos/App.app.tar.gz';
    expect(facts(`target/aarch64-apple-darwin/${bundle}`)).toEqual({ platform: 'macos', arch: 'arm64' });
    expect(facts(`target/universal-apple-darwin/${bundle}`)).toEqual({
      platform: 'macos',
      arch: 'universal',
    });
    expect(facts(`target/${bundle}`)).toEqual({ platform: 'macos' });
    expect(facts('target/aarch64-apple-darwin/release/bundle/deb/app.deb')).toEqual({});
  });

  it('is ignored where it is something else, and where it is incomplete the log says so', async () => {
    const file = await found('app.deb', 'app');
    await writeFile(`${file.real}.sig`, '-----BEGIN PGP SIGNATURE-----');
    expect(await factsOf(file, 'app')).toEqual({ sha512: sha512('app') });
    expect(lines).toEqual([]);
    await writeFile(`${file.real}.sig`, Buffer.from('untrusted comment: x\nRUQy\n').toString('base64'));
    expect(await factsOf(file, 'app')).toEqual({ sha512: sha512('app') });
    expect(lines).toEqual([
      `dist/${basename(file.real)}.sig is ignored: it is not a complete minisign signature.`,
    ]);
  });

  it('that a record cannot hold is ignored with the reason', () => {
    const text = Buffer.from(SIGNATURE, 'base64')
      .toString()
      .replace('file:app', `file:${'a'.repeat(120)}`);
    expect(checkedSignature(Buffer.from(text).toString('base64'), 'a.deb')).toEqual({
      ok: false,
      problem: expect.stringMatching(/^it has \d+ characters, and the limit is 500\. Shorten productName/),
    });
  });
});
