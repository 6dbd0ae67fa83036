import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_SITE_FILES } from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { failureOf } from '../prepare/testing/surroundings.ts';
import { type Publishing, usePublishing } from './testing/publishing.ts';

const now = usePublishing();
const write: Publishing['write'] = (files) => now().write(files);
const collect: Publishing['collect'] = (collecting) => now().collect(collecting);
const publish: Publishing['publish'] = (artifact) => now().publish(artifact);

describe('bad input', () => {
  beforeEach(() => write({ 'dist/index.html': 'x' }));

  test.each([
    ['a line break', 'a\r\nb.js'],
    ['a backslash', 'a\\b.js'],
    ['a bell', 'a\u{7}b.js'],
  ])('a name with %s is refused', async (_, name) => {
    await write({ [`dist/${name}`]: 'x' });
    const failure = await failureOf(collect());
    expect(failure).toMatchObject({ code: 'artifact_invalid' });
    expect(failure.message).not.toMatch(/\p{Cc}/u);
  });

  test('a name that isn’t UTF-8 is refused, an unpaired surrogate among them', async () => {
    for (const bytes of ['\\xff', '\\xed\\xa0\\x80']) {
      execFileSync('bash', ['-c', `touch "$1"/$'${bytes}'`, 'bash', join(now().root, 'dist')]);
      expect(await failureOf(collect())).toMatchObject({ code: 'artifact_invalid' });
      execFileSync('bash', ['-c', `rm "$1"/$'${bytes}'`, 'bash', join(now().root, 'dist')]);
    }
  });

  test('odd names that are names are published', async () => {
    const odd = [
      'a"b\'c.js',
      'a\u{202E}b.js',
      'a b+c%20d#e?f&g.js',
      `${'x'.repeat(255)}`,
      '-rf',
      'a..',
      '<b>.html',
      '日本.html',
    ];
    for (const name of odd) await write({ [`dist/${name}`]: name });
    const published = await publish(await collect());
    for (const name of odd) expect(Buffer.from(published[name] ?? '', 'latin1').toString()).toBe(name);
    expect(now().lines.join('')).not.toContain('\u{202E}');
  });

  test('a path of 300 characters is published, one of more than 1024 bytes refused', async () => {
    const folder = 'y'.repeat(200);
    await write({ [`dist/${folder}/${'x'.repeat(99)}`]: 'x' });
    expect(Object.keys(await publish(await collect()))).toHaveLength(2);
    await write({ [`dist/${Array.from({ length: 6 }, () => folder).join('/')}`]: 'x' });
    expect(await failureOf(collect())).toMatchObject({ code: 'artifact_invalid' });
  });

  test('a link out of the project, a circle, a pipe and a device are refused', async () => {
    const cases: [string, (path: string) => unknown][] = [
      ['outside the project', (path) => symlink('/etc/passwd', path)],
      ['outside the project', (path) => symlink('../../../..', path)],
      ['circular', (path) => symlink('.', path)],
      ['broken link', (path) => symlink('odd', path)],
      ['outside the project', (path) => symlink('/dev/zero', path)],
      ['not a file or folder', (path) => execFileSync('mkfifo', [path])],
    ];
    for (const [message, make] of cases) {
      await make(join(now().root, 'dist/odd'));
      const failure = await failureOf(collect());
      expect(failure).toMatchObject({ code: 'artifact_invalid' });
      expect(failure.message).toContain(message);
      await rm(join(now().root, 'dist/odd'));
    }
  });

  test('a link that leads nowhere is left out, and the log says so', async () => {
    await write({ 'dist/index.html': 'x' });
    await symlink('nothing', join(now().root, 'dist/odd'));
    expect(await publish(await collect())).toEqual({ 'index.html': 'x' });
    expect(now().lines).toContain('Left out of "dist": links that lead nowhere ("odd").');
  });

  test('a link inside the project is what it leads to', async () => {
    await write({ 'src/logo.svg': '<svg/>' });
    await symlink('../src/logo.svg', join(now().root, 'dist/logo.svg'));
    expect(await publish(await collect())).toEqual({ 'index.html': 'x', 'logo.svg': '<svg/>' });
  });

  test('more files than a site can have are refused before any is read', async () => {
    execFileSync('bash', [
      '-c',
      `mkdir "$1"; cd "$1"; seq ${MAX_SITE_FILES} | xargs touch`,
      'bash',
      join(now().root, 'dist/many'),
    ]);
    const failure = await failureOf(collect());
    expect(failure.message).toBe('The output has 20,001 files. A site can have 20,000.');
    expect(failure.hint).toMatch(/^Publish fewer files/);
    expect(now().sites.questions).toEqual([]);
    await rm(join(now().root, 'dist/many/1'));
    expect(await collect()).toMatchObject({ meta: { files: 20_000 } });
  });

  test('a sparse file of 3 GB is over the limit before it is read', async () => {
    await truncate(join(now().root, 'dist/index.html'), 3e9);
    expect((await failureOf(collect())).message).toContain('larger than 50 MB');
  });

  test('a large file is stored as it is, and not read into memory', async () => {
    await truncate(join(now().root, 'dist/index.html'), 40e6);
    await collect();
    const artifact = await collect();
    expect(artifact.size).toBeGreaterThan(40e6);
    await publish(artifact);
    expect(now().sites.index?.add).toMatchObject([
      { path: 'index.html', method: 'stored', length: 40e6, br: null },
    ]);
  });

  test('an abort ends the packing', async () => {
    const reason = new Error('stopped');
    await write({ 'dist/a.js': randomBytes(300_000).toString('hex') });
    const packing = collect();
    now().around.abort(reason);
    await expect(packing).rejects.toBe(reason);
  });
});
