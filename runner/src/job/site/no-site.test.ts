import { describe, expect, test, vi } from 'vitest';
import { type Publishing, usePublishing } from './testing/publishing.ts';

const now = usePublishing();
const write: Publishing['write'] = (files) => now().write(files);
const collect: Publishing['collect'] = (collecting) => now().collect(collecting);
const _publish: Publishing['publish'] = (artifact) => now().publish(artifact);

describe('no site', () => {
  test('is what an edge of an earlier version gets: a ZIP', async () => {
    now().sites.accepts = undefined;
    await write({ 'dist/index.html': 'x' });
    const artifact = await collect();
    expect(artifact).toMatchObject({ contentType: 'application/zip', meta: { entry: 'index.html' } });
    expect(artifact.site).toBeUndefined();
  });

  test('is what it gets, too, if it takes the place of a newer one meanwhile', async () => {
    await write({ 'dist/index.html': 'x' });
    const asked = vi.spyOn(now().connection, 'askForBase').mockResolvedValueOnce(null);
    expect(await collect()).toMatchObject({ contentType: 'application/zip' });
    expect(asked).toHaveBeenCalledTimes(1);
    asked.mockRestore();
  });

  test.each([
    [
      { 'dist/browser/index.html': 'x', 'dist/stats.json': '{}' },
      /"dist" has no index\.html.*"dist\/browser" has one/,
    ],
    [{ 'dist/Index.html': 'x' }, /It has "Index\.html": name the start page index\.html/],
    [{ 'dist/a.js': 'x' }, /If the site is in another folder, set outputs/],
  ])('is an output without a start page: %j', async (files, message) => {
    await write(files as Record<string, string>);
    expect(await collect()).toMatchObject({ contentType: 'application/zip' });
    expect(now().lines).toContainEqual(expect.stringMatching(message));
    expect(now().sites.questions).toEqual([]);
  });

  test('is a single file', async () => {
    await write({ 'out/page.html': 'x' });
    expect(await collect({ plan: { outputs: ['out/page.html'] } })).toMatchObject({ name: 'page.html' });
    expect(now().lines).toContain(
      'Warning: "out/page.html" is not a folder with index.html, and not published as a site.',
    );
  });
});
