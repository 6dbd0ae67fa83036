import type { Candidate, Candidates } from '@appflux/detection';
import { expect, test } from 'vitest';
import { DetectedZip } from './detected-zip.svelte.ts';

const answer = (message: string): Candidates => ({
  ways: [],
  problem: { message, hint: null, isAmbiguous: false },
});

test('only the result of the latest run is used', async () => {
  const open: ((found: Candidates) => void)[] = [];
  const detected = new DetectedZip(() => new Promise((resolve) => open.push(resolve)));
  const first = detected.detect(new Blob(), './');
  const second = detected.detect(new Blob(), 'web');
  open[1]?.(answer('second'));
  await second;
  open[0]?.(answer('first'));
  await first;
  expect(detected.found?.problem?.message).toBe('second');
  expect(detected.state).toBe('found');
});

test('an unreadable ZIP is not an error', async () => {
  const detected = new DetectedZip(() => Promise.reject(new Error('no ZIP')));
  await detected.detect(new Blob(), './');
  expect(detected.state).toBe('unreadable');
  expect(detected.found).toBe(null);
});

test('detection is not repeated for a folder that was already found', async () => {
  const plan: Candidate['plan'] = {
    type: 'web',
    framework: 'vite',
    packageManager: 'npm',
    image: 'appflux/web-builder',
    node: null,
    installCommand: 'npm ci',
    buildCommand: 'npm run build',
    outputs: ['dist'],
    reasons: [],
  };
  const ways = ['apps/blog', 'apps/shop'].map((rootDirectory) => ({
    set: { rootDirectory, type: null, framework: null },
    plan,
  }));
  const asked: string[] = [];
  const detected = new DetectedZip(async (_file, rootDirectory) => {
    asked.push(rootDirectory);
    return { ways, problem: null };
  });
  const file = new Blob();
  for (const folder of ['./', './apps/shop', 'apps/blog/', '', 'apps/other', './apps/shop'])
    await detected.detect(file, folder);
  expect(asked).toEqual(['./', 'apps/other']);
  await detected.detect(new Blob(), './apps/shop');
  expect(asked).toEqual(['./', 'apps/other', './apps/shop']);
});
