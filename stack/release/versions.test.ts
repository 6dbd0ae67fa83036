import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from '../command.ts';
import { checkVersions, hasEntry, isVersion, setVersions } from './versions.ts';

test.each(['0.1.0', '1.0.0', '10.20.30', '1.0.0-rc.1', '1.0.0-0', '1.0.0-alpha-2.x'])(
  '%s is a version',
  (text) => {
    expect(isVersion(text)).toBe(true);
  },
);

test.each([
  '',
  '1',
  '1.2',
  'v1.2.3',
  '1.2.3.4',
  '01.2.3',
  '1.02.3',
  '1.2.3-',
  '1.2.3-01',
  '1.2.3-a..b',
  '1.2.3+build',
  ' 1.2.3',
  '1.2.3\n',
  '1.2.x',
  'latest',
  '../1.2.3',
  '１.2.3',
])('%j is not', (text) => {
  expect(isVersion(text)).toBe(false);
});

describe('an entry of a changelog', () => {
  const changelog = [
    '# Changelog',
    '',
    '## Unreleased',
    '',
    '- new',
    '',
    '## 1.4.0 (2026-11-30)',
    '',
    '### Added',
    '',
    '- one',
    '',
    '## 1.3.0',
    '',
    '## 1.2.0',
    '',
    '### Added',
    '',
    '## 1.1.0-rc.1',
    '',
    'Text 1.0.0.',
    '',
  ].join('\n');

  test.each(['1.4.0', '1.1.0-rc.1'])('is there for %s', (version) => {
    expect(hasEntry(changelog, version)).toBe(true);
  });

  test.each([
    ['1.5.0', 'no heading'],
    ['1.0.0', 'only mentioned'],
    ['1.3.0', 'nothing below its heading'],
    ['1.2.0', 'only headings below it'],
    ['1.4', 'only the beginning of a version'],
    ['1.1.0', 'only its prerelease'],
  ])('is not there for %s: %s', (version) => {
    expect(hasEntry(changelog, version)).toBe(false);
  });
});

describe('a copy of this checkout', () => {
  let root: string;
  const files: string[] = [];
  const text = (path: string, folder = root) => readFile(join(folder, path), 'utf8');

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'appflux-version-'));
    const { workspaces } = JSON.parse(await text('package.json', ROOT));
    files.splice(0, files.length, 'package.json', 'package-lock.json');
    files.push(...workspaces.map((folder: string) => `${folder}/package.json`));
    for (const path of files) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await cp(join(ROOT, path), join(root, path));
    }
    await writeFile(join(root, 'CHANGELOG.md'), '# Changelog\n\n## 7.8.9-rc.1\n\n- something\n');
  });
  afterEach(() => rm(root, { recursive: true }));

  test('gets the version in every package, and nothing else changes', async () => {
    expect((await setVersions(root, '7.8.9-rc.1')).sort()).toEqual([...files].sort());
    expect(await checkVersions(root)).toEqual([]);
    const { version } = JSON.parse(await text('package.json', ROOT));
    for (const path of files) {
      const [before, after] = [(await text(path, ROOT)).split('\n'), (await text(path)).split('\n')];
      expect(after).toHaveLength(before.length);
      const changed = before.flatMap((line, n) => (line === after[n] ? [] : [[line, after[n]]]));
      expect(changed.length).toBeGreaterThan(0);
      for (const [line = '', now] of changed) {
        expect(line).toMatch(/^ +"(?:version|@appflux\/[a-z]+)": "/);
        expect(now).toBe(line.replace(version, '7.8.9-rc.1'));
      }
    }
    expect(await setVersions(root, '7.8.9-rc.1')).toEqual([]);
  });

  test.each([
    ['v7.8.9', 'is not a version'],
    ['7.8.9', 'CHANGELOG.md has no entry for 7.8.9'],
  ])('stays as it is for %s: %s', async (version, message) => {
    const failure = { code: 'arguments_invalid', message: expect.stringContaining(message) };
    await expect(setVersions(root, version)).rejects.toMatchObject(failure);
    for (const path of files) expect(await text(path)).toBe(await text(path, ROOT));
  });

  test.each([
    ['edge/package.json', '"version": "', 'edge/package.json: the version of @appflux/edge is 99'],
    ['edge/package.json', '"@appflux/protocol": "', 'edge/package.json: its @appflux/protocol is 99'],
    ['package-lock.json', '"version": "', 'package-lock.json: the version is 99'],
    ['package-lock.json', '"@appflux/protocol": "', 'package-lock.json: its @appflux/protocol is 99'],
  ])('with another version in %s after %s is found', async (path, before, line) => {
    await writeFile(join(root, path), (await text(path)).replace(before, `${before}99`));
    expect(await checkVersions(root)).toEqual([expect.stringContaining(line)]);
  });
});
