/** The smaller decisions of the overview: versions, failures, disks. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Sample } from '../operations/records.ts';
import { storageUse, withForecasts } from './disks.ts';
import { failureGroups } from './failures.ts';
import { isOlderVersion } from './versions.ts';

test.each([
  ['0.1.0', '0.2.0', true],
  ['0.9.9', '0.10.0', true],
  ['0.2.0', '0.2.0', false],
  ['1.0.0', '0.9.9', false],
  ['0.2.0-beta.1', '0.2.0', false],
  ['v0.1.0', '0.1.1', true],
  ['unknown', '0.1.0', false],
  ['0.1', '0.2.0', false],
])('%s is older than %s: %s', (version, other, isOlder) => {
  expect(isOlderVersion(version, other)).toBe(isOlder);
});

test('of two versions at most one is older', () => {
  const version = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)).map((parts) => parts.join('.'));
  fc.assert(
    fc.property(version, version, (one, other) => {
      expect([isOlderVersion(one, other), isOlderVersion(other, one)].filter(Boolean)).toHaveLength(
        one === other ? 0 : 1,
      );
    }),
  );
});

test('failures are counted by code within the time, with the newest of each', () => {
  const failed = (code: string, finishedAt: string, deploymentId: string) => ({
    code,
    finishedAt,
    deploymentId,
    teamId: 't',
    app: { slug: 'harbor' },
  });
  const list = [
    failed('build_failed', '2026-11-29T10:00:00.000Z', 'b1'),
    failed('build_failed', '2026-11-29T11:00:00.000Z', 'b2'),
    failed('build_failed', '2026-11-28T11:59:59.999Z', 'too old'),
    failed('disk_full', '2026-11-29T09:00:00.000Z', 'd1'),
    failed('build_failed', '2026-11-29T10:30:00.000Z', 'b3'),
  ];
  const groups = failureGroups(list, Date.parse('2026-11-28T12:00:00.000Z'));
  expect(groups.map(({ code, count, deploymentId }) => [code, count, deploymentId])).toEqual([
    ['build_failed', 3, 'b2'],
    ['disk_full', 1, 'd1'],
  ]);
});

const GB = 1e9;
const sampleOf = (index: number, change: Partial<Sample> = {}): Sample => ({
  day: `2026-11-${String(10 + index)}`,
  at: Date.parse(`2026-11-${String(10 + index)}T00:15:00.000Z`),
  disks: [{ id: 'instance state', totalBytes: 100 * GB, usedBytes: (50 + index) * GB }],
  stored: { sources: GB, artifacts: index * GB, logs: 0, complete: true },
  backupBytes: null,
  ...change,
});

test('each disk has a forecast by its own samples of the same size', () => {
  const samples = Array.from({ length: 10 }, (_, index) => sampleOf(index));
  const state = { on: 'instance', what: 'state' as const, totalBytes: 100 * GB, freeBytes: 40 * GB };
  const [disk, other, resized] = withForecasts(
    [state, { ...state, what: 'engine' }, { ...state, totalBytes: 200 * GB }],
    samples,
  );
  expect(disk?.forecast).toEqual({ kind: 'growing', bytesPerDay: GB, fullInDays: 40 });
  expect(other?.forecast).toMatchObject({ kind: 'too_few_samples', samples: 0 });
  expect(resized?.forecast).toMatchObject({ kind: 'too_few_samples', samples: 0 });
});

test('storage is what the newest measurement found, whatever failed since', () => {
  expect(storageUse([])).toBeNull();
  const samples = [
    sampleOf(6, { stored: null }),
    ...Array.from({ length: 6 }, (_, index) => sampleOf(index, { backupBytes: 7 })),
  ];
  expect(storageUse(samples)).toEqual({
    measuredAt: '2026-11-15T00:15:00.000Z',
    bytes: { sources: GB, artifacts: 5 * GB, logs: 0, backups: 7 },
    complete: true,
    growth: { kind: 'growing', bytesPerDay: GB, fullInDays: null },
  });
});
