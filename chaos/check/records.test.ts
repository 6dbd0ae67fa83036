import { describe, expect, test } from 'vitest';
import { judgeRecords, type Records } from './records.ts';

const TOLD = {
  status: 'success',
  attempt: 1,
  failure: null,
  artifacts: [],
  runner: null,
  plan: null,
  version: null,
  commitHash: null,
  branch: null,
  logKey: 'apps/app/one/log.ndjson.gz',
};
const RIGHT: Records = {
  objects: [{ spec: { id: 'one' }, state: { ...TOLD, lease: null }, seq: 4 }],
  metadata: new Map([['one', { seq: 4, record: TOLD }]]),
  unfinished: { 'deployments whose newest event is not confirmed': 0 },
};
const told = (change: object, seq = 4): Records => ({
  ...RIGHT,
  metadata: new Map([['one', { seq, record: { ...TOLD, ...change } }]]),
});

describe('what was written down', () => {
  test('is right when all agree and nothing is left to do', () => {
    expect(judgeRecords(RIGHT)).toEqual([]);
  });

  test.each<[string, Records]>([
    ['metadata says another state', told({ status: 'failed' })],
    ['metadata says another attempt', told({ attempt: 2 })],
    ['metadata lags behind', told({}, 3)],
    ['metadata does not know it', { ...RIGHT, metadata: new Map() }],
    ['metadata knows more', { ...RIGHT, objects: [] }],
    [
      'a lease is left',
      { ...RIGHT, objects: [{ spec: { id: 'one' }, state: { ...TOLD, lease: { token: 'x' } }, seq: 4 }] },
    ],
    [
      'an event was not told',
      { ...RIGHT, unfinished: { 'deployments whose newest event is not confirmed': 1 } },
    ],
  ])('is wrong when %s', (_, records) => {
    expect(judgeRecords(records)).toHaveLength(1);
  });
});
