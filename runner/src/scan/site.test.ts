/** The files of a site travel in a pack that clamd can't read, some of them compressed. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COLLECT_LIMITS } from '../job/collect/limits.ts';
import { walkFolder } from '../job/collect/walk.ts';
import { hashFiles } from '../job/site/contents.ts';
import { writePack } from '../job/site/pack.ts';
import { createScanner } from './scanner.ts';
import { missingClamav, startTestClamd, TEST_SIGNATURE, TEST_VIRUS, testFolder } from './testing/clamav.ts';

const missing = await missingClamav();
const { signal } = new AbortController();

/** Packs a site and scans it; gives the log. */
async function scan(files: Readonly<Record<string, string>>): Promise<string[]> {
  const clamd = await startTestClamd();
  const address = await clamd.connect(signal);
  const folder = await testFolder();
  const root = join(folder, 'dist');
  await mkdir(join(root, 'sub'), { recursive: true });
  for (const [path, content] of Object.entries(files)) await writeFile(join(root, path), content);
  const found = await walkFolder(root, 'dist', {
    root,
    limits: COLLECT_LIMITS,
    maxBytes: 1e6,
    signal,
    leaveOut: () => false,
  });
  const path = join(folder, 'pack');
  const { contents } = await writePack(
    await hashFiles(found, signal),
    { version: 1, kind: 'site', base: null, copy: [], remove: [], rules: null },
    { path, maxBytes: 1e6, signal },
  );
  const lines: string[] = [];
  const scanner = createScanner({ policy: 'required', connect: async () => address });
  const site = { contents, repack: () => Promise.reject(new Error('nothing is packed again here')) };
  await scanner.scanArtifacts([{ path, name: 'shop.zip', site }], {
    signal,
    log: (text) => lines.push(String(text)),
  });
  return lines;
}

test.skipIf(missing !== null)('a pack without malware is let through', async () => {
  expect(await scan({ 'index.html': 'x '.repeat(500), 'sub/a.png': 'PNG', 'sub/empty': '' })).toEqual([
    'No malware found in the artifacts (3 files, 1.0 kB).',
  ]);
});

test.skipIf(missing !== null).each([
  ['compressed', 'sub/virus.txt', `${'y'.repeat(5000)}${TEST_VIRUS}`],
  ['as it is', 'sub/virus.png', TEST_VIRUS],
])('malware in a pack, %s, is found by its path in the site', async (_, path, content) => {
  await expect(scan({ 'index.html': 'x '.repeat(500), [path]: content })).rejects.toMatchObject({
    code: 'malware_found',
    message: `Found ${TEST_SIGNATURE}.UNOFFICIAL in "${path}".`,
  });
});
