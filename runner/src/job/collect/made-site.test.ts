import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listFolders, madeSite } from './made-site.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'appflux-made-'));
});
afterEach(() => rm(root, { recursive: true }));

const { signal } = new AbortController();

async function write(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), 'x');
  }
}

/** What counts as the site of a build that writes these files to a source of those. */
async function siteOf(source: readonly string[], build: readonly string[]): Promise<string | null> {
  await write(source);
  const before = await listFolders(root, signal);
  await write(build);
  return before === null ? null : madeSite(root, before, signal);
}

const SOURCE = [
  'package.json',
  'src/index.html',
  'public/favicon.ico',
  'docs/index.html',
  'examples/a/index.html',
];

describe('the site that a build has made under a name that nobody expected', () => {
  it.each([
    ['alone', ['htdocs/index.html', 'htdocs/a/b.js'], 'htdocs'],
    ['with pages of its own in folders', ['htdocs/index.html', 'htdocs/blog/index.html'], 'htdocs'],
    ['in new folders that hold nothing else', ['output/web/index.html'], 'output/web'],
    ['in a folder of the source', ['src/generated/index.html'], 'src/generated'],
    [
      'beside a coverage report',
      ['htdocs/index.html', 'coverage/index.html', 'coverage/lcov-report/index.html'],
      'htdocs',
    ],
    ['beside a Storybook', ['htdocs/index.html', 'storybook-static/index.html'], 'htdocs'],
    ['beside packages', ['htdocs/index.html', 'node_modules/a/index.html', 'vendor/b/index.html'], 'htdocs'],
    [
      'beside what is hidden',
      ['htdocs/index.html', '.cache/index.html', '.next/server/index.html'],
      'htdocs',
    ],
    ['beside a folder without a page', ['htdocs/index.html', 'types/index.d.ts'], 'htdocs'],
    ['with a space in its name', ['my site/index.html'], 'my site'],
  ])('%s', async (_name, build, site) => {
    expect(await siteOf(SOURCE, build)).toBe(site);
  });

  it.each([
    ['two of them', ['htdocs/index.html', 'wwwroot/index.html']],
    ['two languages without a page around them', ['htdocs/en/index.html', 'htdocs/de/index.html']],
    ['a part of a folder without a page', ['htdocs/blog/index.html', 'htdocs/feed.xml']],
    ['one in a folder that was there', ['public/index.html']],
    ['one where a page was before', ['docs/index.html', 'docs/more.html']],
    ['a coverage report', ['coverage/index.html']],
    [
      'reports by other names',
      ['htmlcov/index.html', 'playwright-report/index.html', 'lcov-report/index.html'],
    ],
    ['a Storybook', ['storybook-static/index.html']],
    ['documentation', ['docs-api/x.js', 'apidocs/index.html', 'typedoc/index.html', 'doc/index.html']],
    ['packages', ['node_modules/a/index.html', 'web/node_modules/b/index.html']],
    ['tests and what is not kept', ['tests/index.html', '__fixtures__/index.html', 'tmp/index.html']],
    ['what is hidden', ['.vitepress/dist/index.html', '.output/index.html']],
    ['pages by other names', ['htdocs/Index.html', 'www2/index.htm']],
    ['nothing', []],
    ['a name that is a pattern', ['ht*/index.html']],
  ])('is not %s', async (_name, build) => {
    expect(await siteOf(SOURCE, build)).toBeNull();
  });

  it('is not a folder named docs that the source lacks', async () => {
    expect(await siteOf(['package.json'], ['docs/index.html'])).toBeNull();
  });

  it('is no link, and nothing behind one', async () => {
    await write(['package.json']);
    const before = new Set<string>();
    const elsewhere = await mkdtemp(join(tmpdir(), 'appflux-else-'));
    await writeFile(join(elsewhere, 'index.html'), 'secret');
    await symlink(elsewhere, join(root, 'htdocs'));
    await mkdir(join(root, 'www2'));
    await symlink(join(elsewhere, 'index.html'), join(root, 'www2/index.html'));
    await mkdir(join(root, 'www3/index.html'), { recursive: true });
    await mkdir(join(root, 'www4'));
    await writeFile(join(root, 'www4/index.html'), '');
    expect(await madeSite(root, before, signal)).toBeNull();
    await rm(elsewhere, { recursive: true });
  });

  it('is unknown where there are too many folders to compare', async () => {
    await write(['a/b/x', 'c/x', 'node_modules/d/x']);
    expect(await listFolders(root, signal, 3)).toEqual(new Set(['a', 'a/b', 'c']));
    expect(await listFolders(root, signal, 2)).toBeNull();
  });
});
