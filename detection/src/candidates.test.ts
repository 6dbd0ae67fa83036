import { describe, expect, it } from 'vitest';
import { json, pkg } from '../testing/fixture.ts';
import { findCandidates } from './candidates.ts';
import { treeFromTexts } from './tree.ts';

const ways = async (files: Readonly<Record<string, string>>, base = '') => {
  const found = await findCandidates(treeFromTexts(files, base));
  return {
    ...found,
    ways: found.ways.map(({ set, plan }) => [
      ...(set.rootDirectory === null ? [] : [set.rootDirectory]),
      set.type,
      set.framework,
      plan.type,
      plan.framework,
    ]),
  };
};

describe('the ways to build a source', () => {
  it('are one where there is no choice', async () => {
    expect(await ways({ 'package.json': pkg({ vite: '8.0.0' }, 'vite build') })).toEqual({
      ways: [[null, null, 'web', 'vite']],
      problem: null,
    });
  });

  it('are with a server where the instance runs servers', async () => {
    const tree = treeFromTexts({ 'package.json': pkg({ next: '16.0.0' }, 'next build') });
    expect(await findCandidates(tree, true)).toMatchObject({
      ways: [{ plan: { server: { kind: 'next' } } }],
      problem: null,
    });
    expect((await findCandidates(tree)).problem?.message).toContain('it doesn’t run servers');
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

  it('are listed beside the problem of the first one', async () => {
    const found = await ways({
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'src-tauri/tauri.conf.json': json({ tauri: {} }),
    });
    expect(found.ways).toEqual([['web', null, 'web', 'vite']]);
    expect(found.problem?.message).toContain('Tauri 1');
  });

  const workspace = {
    'package.json': json({ workspaces: ['apps/*'] }),
    'apps/shop/package.json': pkg({ vite: '8.0.0' }, 'vite build'),
    'apps/blog/package.json': pkg({ astro: '5.0.0' }, 'astro build'),
  };

  it('are the folders of a workspace whose sites are equals, and there is no other problem', async () => {
    expect(await ways(workspace)).toEqual({
      ways: [
        ['apps/blog', null, null, 'web', 'astro'],
        ['apps/shop', null, null, 'web', 'vite'],
      ],
      problem: {
        message: expect.stringContaining('several sites'),
        hint: 'Set the root directory of the app to one of these folders.',
        isAmbiguous: true,
      },
    });
  });

  it('of a workspace begin with the site that stands out, and the others follow with their folders', async () => {
    const files = {
      ...workspace,
      'apps/web/package.json': pkg({ next: '16.0.0' }, 'next build'),
      'apps/web/next.config.js': 'module.exports = { output: "export" }',
    };
    expect(await ways(files)).toEqual({
      ways: [
        [null, null, 'web', 'next'],
        ['apps/blog', null, null, 'web', 'astro'],
        ['apps/shop', null, null, 'web', 'vite'],
      ],
      problem: null,
    });
  });

  it('of a workspace are its programs and its sites, where neither stands out', async () => {
    const electron = pkg({ electron: '38.0.0', 'electron-builder': '26.0.0' });
    const found = await ways({
      ...workspace,
      'apps/one/package.json': electron,
      'apps/two/package.json': electron,
    });
    expect(found.ways.map(([folder, , , type]) => [folder, type])).toEqual([
      ['apps/one', 'desktop'],
      ['apps/two', 'desktop'],
      ['apps/blog', 'web'],
      ['apps/shop', 'web'],
    ]);
    expect(found.problem?.isAmbiguous).toBe(true);
  });

  it('seen from a folder of it are named from the top', async () => {
    const inner = Object.fromEntries(Object.entries(workspace).map(([path, text]) => [`js/${path}`, text]));
    expect((await ways(inner, 'js')).ways.map(([folder]) => folder)).toEqual([
      'js/apps/blog',
      'js/apps/shop',
    ]);
  });

  it('are in folders below where the top holds nothing', async () => {
    const found = await ways({
      'README.md': '',
      'frontend/package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'server/package.json': '{ "name": ',
    });
    expect(found.ways).toEqual([['frontend', null, null, 'web', 'vite']]);
    expect(found.problem).toMatchObject({ isAmbiguous: false });
  });

  it('are in folders below where nothing but a finished folder is known', async () => {
    const found = await ways({
      'docs/index.html': '',
      'frontend/package.json': pkg({ vite: '8.0.0' }, 'vite build'),
    });
    expect(found).toEqual({
      ways: [
        [null, null, 'web', null],
        ['frontend', null, null, 'web', 'vite'],
      ],
      problem: null,
    });
  });

  it('are none for a source with nothing to build', async () => {
    expect(await ways({ 'README.md': '' })).toMatchObject({
      ways: [],
      problem: { hint: expect.any(String) },
    });
  });
});
