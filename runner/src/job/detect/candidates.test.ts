import { describe, expect, it } from 'vitest';
import { findCandidates } from './candidates.ts';
import { json, pkg } from './fixture.ts';
import { treeFromTexts } from './tree.ts';

const ways = async (files: Readonly<Record<string, string>>, base = '') => {
  const found = await findCandidates(treeFromTexts(files, base));
  return {
    ...found,
    ways: found.ways.map(({ set, plan }) => [set.type, set.framework, plan.type, plan.framework]),
  };
};

describe('the ways to build a source', () => {
  it('are one where there is no choice', async () => {
    expect(await ways({ 'package.json': pkg({ vite: '8.0.0' }, 'vite build') })).toEqual({
      ways: [[null, null, 'web', 'vite']],
      problem: null,
    });
  });

  it('begin with what is taken unless something is chosen, and set the least that chooses another', async () => {
    expect(
      await ways({
        'pubspec.yaml': 'dependencies: {flutter: {sdk: flutter}}',
        'lib/main.dart': '',
        'android/app/build.gradle': '',
        'web/index.html': '',
        'linux/CMakeLists.txt': '',
      }),
    ).toEqual({
      ways: [
        [null, null, 'android', 'flutter'],
        ['web', null, 'web', 'flutter'],
        ['desktop', null, 'desktop', 'flutter'],
      ],
      problem: null,
    });
  });

  it('name a framework where the type alone would not choose', async () => {
    const both = await ways({
      'package.json': pkg({ electron: '38.0.0', 'electron-builder': '26.0.0' }),
      'src-tauri/tauri.conf.json': json({ identifier: 'a.b' }),
    });
    expect(both.ways).toEqual([
      [null, null, 'desktop', 'tauri'],
      [null, 'electron', 'desktop', 'electron'],
    ]);
  });

  it('are told beside the problem that what is taken first has', async () => {
    const found = await ways({
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'src-tauri/tauri.conf.json': json({ tauri: {} }),
    });
    expect(found.ways).toEqual([['web', null, 'web', 'vite']]);
    expect(found.problem?.message).toContain('Tauri 1');
  });

  it('are none for a source with nothing to build', async () => {
    expect(await ways({ 'README.md': '' })).toMatchObject({
      ways: [],
      problem: { hint: expect.any(String) },
    });
  });
});
