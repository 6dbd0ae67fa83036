import { describe, expect, test } from 'vitest';
import { app, artifact, deployment, idOf } from '../../testing/fixtures.ts';
import { branchBetween, commitsBetween, comparePage, fileChanges } from './release-difference.ts';

const at = (day: number) => `2026-11-${String(day).padStart(2, '0')}T12:00:00.000Z`;
const made = (
  day: number,
  commitHash: string | null,
  commitMessage: string | null = `Change ${commitHash}\n\nMore.`,
) => deployment({ id: idOf(day), createdAt: at(day), commitHash, commitMessage, status: 'success' });
const list = [made(6, 'f'), made(5, 'e'), made(4, 'd'), made(3, 'd'), made(2, 'b'), made(1, 'a')];

describe('the commits between two releases', () => {
  test('go live when the later one is released, each once, newest first', () => {
    expect(commitsBetween({ from: made(2, 'b'), to: made(5, 'e') }, list)).toEqual({
      direction: 'added',
      commits: [
        { hash: 'e', subject: 'Change e' },
        { hash: 'd', subject: 'Change d' },
      ],
    });
  });

  test('are no longer live when the earlier one is', () => {
    const { direction, commits } = commitsBetween({ from: made(4, 'd'), to: made(1, 'a') }, list);
    expect([direction, commits.map(({ hash }) => hash)]).toEqual(['removed', ['d', 'b']]);
  });

  test('are the later one’s alone if the list couldn’t be loaded, and none without a commit', () => {
    expect(commitsBetween({ from: made(2, 'b'), to: made(5, 'e') }, []).commits).toHaveLength(1);
    expect(commitsBetween({ from: made(2, null), to: made(5, null) }, []).commits).toEqual([]);
    expect(commitsBetween({ from: made(2, 'b'), to: made(5, 'b') }, []).commits).toEqual([]);
    expect(commitsBetween({ from: made(2, 'b'), to: made(5, 'e', null) }, []).commits).toEqual([
      { hash: 'e', subject: '' },
    ]);
  });

  test('are those of the later one’s branch', () => {
    expect(branchBetween(made(2, 'b'), { ...made(5, 'e'), branch: 'next' })).toBe('next');
    expect(branchBetween({ ...made(5, 'e'), branch: 'next' }, made(2, 'b'))).toBe('next');
    expect(branchBetween(made(2, 'b'), made(5, 'b'))).toBe(null);
    expect(branchBetween(made(2, 'b'), made(5, null))).toBe(null);
  });
});

test('GitHub shows the whole difference, other hosts aren’t known', () => {
  const { source } = app();
  const [from, to] = [made(2, 'b'), made(5, 'e')];
  expect(comparePage(source, from, to)).toBe('https://github.com/northwind/harbor/compare/b...e');
  expect(comparePage(source, from, made(5, 'b'))).toBe(null);
  expect(comparePage(source, from, made(5, null))).toBe(null);
  expect(comparePage({ provider: 'upload', rootDirectory: './' }, from, to)).toBe(null);
  expect(comparePage({ ...source, provider: 'git' } as typeof source, from, to)).toBe(null);
});

test('files are compared by content', () => {
  const site = { kind: 'static' as const, files: 3, bytes: 12_000, newFiles: 1, newBytes: 10 };
  const same = artifact({ name: 'same.zip' });
  const from = deployment({
    site,
    artifacts: [same, artifact({ name: 'a.apk', size: 1000 }), artifact({ name: 'old.deb', size: 500 })],
  });
  const to = deployment({
    site: { ...site, files: 4 },
    artifacts: [
      same,
      artifact({ name: 'a.apk', size: 1000, sha256: 'b'.repeat(64) }),
      artifact({ name: 'new.deb', size: 2000 }),
    ],
  });
  expect(fileChanges(from, to)).toEqual([
    { name: null, from: '3 files, 12 kB', to: '4 files, 12 kB' },
    { name: 'a.apk', from: '1.0 kB', to: '1.0 kB' },
    { name: 'new.deb', from: null, to: '2.0 kB' },
    { name: 'old.deb', from: '500 bytes', to: null },
  ]);
  expect(fileChanges(null, deployment({ site }))).toEqual([{ name: null, from: null, to: '3 files, 12 kB' }]);
  expect(fileChanges(deployment(), deployment())).toEqual([]);
});
