/** Bundles of a Worker by the real bundler: made once, and the one before is kept. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleWorker } from './bundle.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-bundle-'));
  await mkdir(join(folder, 'src'));
  await writeFile(
    join(folder, 'wrangler.toml'),
    'name = "small"\nmain = "src/index.ts"\ncompatibility_date = "2026-11-01"\n',
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function bundled(answer: string): Promise<string> {
  await writeFile(
    join(folder, 'src', 'index.ts'),
    `export default { fetch: () => new Response('${answer}') };`,
  );
  return bundleWorker(
    { wranglerConfig: join(folder, 'wrangler.toml'), sources: [join(folder, 'src')], files: [] },
    join(folder, 'bundle'),
  );
}

test('going back to the version before needs no bundler, and no other version is kept', async () => {
  const long = new Date(Date.now() - 86_400_000);
  // One of two versions ago, what earlier versions have left, and a bundler that was killed.
  for (const [name, file] of [
    ['0123456789abcdef', 'inputs'],
    ['out', 'index.js'],
    ['fedcba9876543210', 'half'],
  ] as const) {
    await mkdir(join(folder, 'bundle', name), { recursive: true });
    await writeFile(join(folder, 'bundle', name, file), 'old');
    await utimes(join(folder, 'bundle', name, file), long, long);
  }

  const first = await bundled('one');
  expect(await readFile(first, 'utf8')).toContain('one');
  const made = (await stat(first)).ino;
  const second = await bundled('two');
  expect(await readFile(second, 'utf8')).toContain('two');
  expect(existsSync(first)).toBe(true);
  expect(await readdir(join(folder, 'bundle'))).toHaveLength(2);

  expect(await bundled('one')).toBe(first);
  expect((await stat(first)).ino).toBe(made);
  expect(await readFile(first, 'utf8')).toContain('one');
  expect(existsSync(second)).toBe(true);
}, 120_000);
