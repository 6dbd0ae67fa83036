import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { isSource, watchSources } from './watch.ts';

test.each(['index.ts', 'deep/er/page.svelte', 'migrations/0001.sql', 'contest.ts'])(
  '%s is a source',
  (path) => {
    expect(isSource(path)).toBe(true);
  },
);

test.each(['index.test.ts', 'page.test.svelte', 'node_modules/x/index.js', 'index.ts~', '.index.ts.swp'])(
  '%s is none',
  (path) => {
    expect(isSource(path)).toBe(false);
  },
);

async function watched(onChange: () => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'watch-'));
  await mkdir(join(folder, 'deep'));
  const stop = new AbortController();
  const errors: unknown[] = [];
  onTestFinished(async () => {
    stop.abort();
    await rm(folder, { recursive: true, force: true });
  });
  watchSources({ folders: [folder], onChange, onError: (error) => errors.push(error), signal: stop.signal });
  return { folder, errors };
}

test('a changed source is noticed at any depth', async () => {
  const onChange = vi.fn(async () => undefined);
  const { folder } = await watched(onChange);
  await writeFile(join(folder, 'deep', 'a.ts'), 'x');
  await expect.poll(() => onChange.mock.calls.length, { timeout: 10_000 }).toBeGreaterThan(0);
});

test('a change while a handler runs is handled afterwards, and a failed handler does not end the watch', async () => {
  let calls = 0;
  let overlapping = 0;
  let running = false;
  const { folder, errors } = await watched(async () => {
    if (running) overlapping += 1;
    running = true;
    calls += 1;
    if (calls === 1) await writeFile(join(folder, 'b.ts'), 'x');
    running = false;
    if (calls === 1) throw new Error('does not compile');
  });
  await writeFile(join(folder, 'a.ts'), 'x');
  await expect.poll(() => calls, { timeout: 10_000 }).toBeGreaterThan(1);
  expect(errors).toEqual([new Error('does not compile')]);
  expect(overlapping).toBe(0);
});
