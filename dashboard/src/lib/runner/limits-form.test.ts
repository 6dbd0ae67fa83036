import { NO_BUILD_LIMITS } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { LimitsForm } from './limits-form.svelte.ts';

test('an untouched form gives the same limits', () => {
  const limits = { builds: 4, labels: { macos: 2, 'gpu.a100': 1 } };
  expect(new LimitsForm(limits).limits).toEqual(limits);
  expect(new LimitsForm(NO_BUILD_LIMITS).limits).toEqual(NO_BUILD_LIMITS);
});

test.each([
  ['macos: 2, gpu: 1', { macos: 2, gpu: 1 }],
  ['macos=2\ngpu 1,', { macos: 2, gpu: 1 }],
  [' macos :3 ', { macos: 3 }],
  ['  ', {}],
])('labels are read from “%s”', (text, labels) => {
  const form = new LimitsForm(NO_BUILD_LIMITS);
  form.labels = text;
  expect(form.problems.labels).toBeNull();
  expect(form.limits).toEqual({ builds: null, labels });
});

test.each([
  ['builds', '0'],
  ['builds', '1.5'],
  ['builds', '1e2'],
  ['builds', '10001'],
  ['builds', 'many'],
  ['labels', 'macos'],
  ['labels', 'macos: two'],
  ['labels', 'macos: 0'],
  ['labels', 'Mac OS: 2'],
  ['labels', 'macos: 1, macos: 2'],
  ['labels', Array.from({ length: 21 }, (_, index) => `l${index}: 1`).join()],
] as const)('%s “%s” is a problem of its field', (field, text) => {
  const bad = new LimitsForm(NO_BUILD_LIMITS);
  bad[field] = text;
  expect(bad.isValid).toBe(false);
  for (const [name, problem] of Object.entries(bad.problems)) expect(problem !== null).toBe(name === field);
});
