import type { Candidates } from '@appflux/runner/detect';
import { expect, test } from 'vitest';
import { DetectedZip } from './detected-zip.svelte.ts';

const answer = (message: string): Candidates => ({ ways: [], problem: { message, hint: null } });

test('of several questions, the answer to the newest counts, whenever the others come', async () => {
  const open: ((found: Candidates) => void)[] = [];
  const detected = new DetectedZip(() => new Promise((resolve) => open.push(resolve)));
  const first = detected.look(new Blob(), './');
  const second = detected.look(new Blob(), 'web');
  open[1]?.(answer('second'));
  await second;
  open[0]?.(answer('first'));
  await first;
  expect(detected.found?.problem?.message).toBe('second');
  expect(detected.state).toBe('found');
});

test('a ZIP that cannot be read keeps nobody from going on', async () => {
  const detected = new DetectedZip(() => Promise.reject(new Error('no ZIP')));
  await detected.look(new Blob(), './');
  expect(detected.state).toBe('unreadable');
  expect(detected.found).toBe(null);
});
