import { describe, expect, test } from 'vitest';
import { judgeRecords, type Records } from './records.ts';

const COMPARED = {
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
  objects: [{ spec: { id: 'one' }, state: { ...COMPARED, lease: null }, seq: 4 }],
  metadata: new Map([['one', { seq: 4, record: COMPARED }]]),
  unfinished: { 'deployments whose newest event is not confirmed': 0 },
};
const changed = (change: object, seq = 4): Records => ({
  ...RIGHT,
  metadata: new Map([['one', { seq, record: { ...COMPARED, ...change } }]]),
});

describe('the stored records', () => {
  test('are correct if all agree and nothing is pending', () => {
    expect(judgeRecords(RIGHT)).toEqual([]);
  });

  test.each<[string, Records]>([
    ['metadata has another state', changed({ status: 'failed' })],
    ['metadata has another attempt', changed({ attempt: 2 })],
    ['metadata lags behind', changed({}, 3)],
    ['metadata lacks it', { ...RIGHT, metadata: new Map() }],
    ['metadata has an extra record', { ...RIGHT, objects: [] }],
    [
      'a lease is left',
      { ...RIGHT, objects: [{ spec: { id: 'one' }, state: { ...COMPARED, lease: { token: 'x' } }, seq: 4 }] },
    ],
    [
      'an event was not confirmed',
      { ...RIGHT, unfinished: { 'deployments whose newest event is not confirmed': 1 } },
    ],
  ])('are wrong if %s', (_, records) => {
    expect(judgeRecords(records)).toHaveLength(1);
  });
});
