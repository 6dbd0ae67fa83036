import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { LogLine } from '@appflux/protocol';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { forgetAll } from '../testing/worker.ts';
import { LogStore } from './store.ts';

beforeEach(forgetAll);

const NOW = Date.parse('2026-11-01T12:00:00Z');
const CAP = 64_000_000;

const line = (seq: number, text = `line ${seq}`): LogLine => ({
  seq,
  at: new Date(NOW).toISOString(),
  stream: 'stdout',
  phase: 'building',
  text,
});
const lines = (from: number, to: number, text?: string) =>
  Array.from({ length: to - from + 1 }, (_, index) => line(from + index, text));

let objects = 0;
/** Runs with an object's own SQLite; each call has another. */
function withSql(work: (sql: SqlStorage) => void): Promise<void> {
  objects += 1;
  const stub = env.DEPLOYMENTS.getByName(`log store ${objects}`);
  return runInDurableObject(stub, (_, { storage }) => work(storage.sql));
}

const rowsIn = (sql: SqlStorage) =>
  sql.exec<{ rows: number }>('SELECT count(*) AS rows FROM log_rows').one().rows;
const seqs = (store: LogStore, after = 0) => Array.from(store.lines(after), ({ seq }) => seq);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('writing', () => {
  test('costs one row a time, and small rows grow instead of becoming many', () =>
    withSql((sql) => {
      const store = new LogStore(sql, CAP);
      for (let n = 0; n < 50; n += 1) {
        store.append(lines(n * 10 + 1, n * 10 + 10), NOW);
        store.flush();
      }
      expect(rowsIn(sql)).toBe(1);
      expect(seqs(store)).toEqual(range(1, 500));
      const cursor = sql.exec('DELETE FROM log_rows');
      expect(cursor.rowsWritten).toBe(1);
    }));

  test('begins another row when the last is large', () =>
    withSql((sql) => {
      const store = new LogStore(sql, CAP);
      for (let n = 0; n < 40; n += 1) {
        store.append([line(n + 1, 'x'.repeat(16_000))], NOW);
        store.flush();
      }
      expect(rowsIn(sql)).toBe(5);
      expect(seqs(store)).toEqual(range(1, 40));
    }));

  test('happens by itself when much has come, in rows that the platform takes, whatever the letters', () =>
    withSql((sql) => {
      const store = new LogStore(sql, CAP);
      store.append(lines(1, 60, '漢'.repeat(16_000)), NOW);
      expect(store.writtenSeq).toBeGreaterThan(0);
      expect(store.writtenSeq).toBeLessThan(60);
      store.flush();
      const { most } = sql
        .exec<{ most: number }>('SELECT max(length(CAST(body AS BLOB))) AS most FROM log_rows')
        .one();
      expect(most).toBeLessThan(1_000_000);
      expect(seqs(store)).toEqual(range(1, 60));
    }));

  test('is what an object that forgot everything goes on from, on the same row', () =>
    withSql((sql) => {
      const first = new LogStore(sql, CAP);
      first.append(lines(1, 10), NOW);
      first.flush();
      first.append(lines(11, 20), NOW);
      const second = new LogStore(sql, CAP);
      expect(second.lastSeq).toBe(10);
      second.append(lines(11, 30), NOW);
      second.flush();
      expect(rowsIn(sql)).toBe(1);
      expect(seqs(new LogStore(sql, CAP))).toEqual(range(1, 30));
    }));

  test('waits since the first line that is not written', () =>
    withSql((sql) => {
      const store = new LogStore(sql, CAP);
      expect(store.pendingSince).toBeNull();
      store.append([line(1)], NOW);
      store.append([line(2)], NOW + 5000);
      expect(store.pendingSince).toBe(NOW);
      store.flush();
      expect(store.pendingSince).toBeNull();
    }));
});

test('a reader row by row sees each line that came meanwhile once', () =>
  withSql((sql) => {
    const store = new LogStore(sql, CAP);
    store.append(lines(1, 5), NOW);
    const reader = store.rows(2);
    const read = (piece: string) => piece.split('\n').map((text) => (JSON.parse(text) as LogLine).seq);
    expect(read(reader.next().value ?? '')).toEqual([3, 4, 5]);
    store.append(lines(6, 8), NOW);
    store.flush();
    expect(read(reader.next().value ?? '')).toEqual([6, 7, 8]);
    expect(reader.next().done).toBe(true);
  }));

test('past the cap there is room for what a runner still has to say, and for no more', () =>
  withSql((sql) => {
    const store = new LogStore(sql, 1000);
    store.append(lines(1, 20), NOW);
    expect(store.room).toBe(0);
    expect(store.exceeds(lines(21, 300, 'x'.repeat(1000)))).toBe(false);
    expect(store.exceeds(lines(21, 9000, 'x'.repeat(1000)))).toBe(true);
  }));

test('a log that was cut is known to be cut by an object that forgot everything', () =>
  withSql((sql) => {
    const store = new LogStore(sql, 1000);
    store.append(lines(1, 5), NOW);
    expect(store.exceeds(lines(6, 20, 'x'.repeat(1_000_000)))).toBe(true);
    expect(store.cut(NOW).seq).toBe(6);
    expect(new LogStore(sql, 1000).isCut).toBe(true);
    expect(seqs(store)).toEqual(range(1, 6));
  }));

test('property: however it is written and wherever one begins to read, every line is there once and in order', () =>
  withSql((sql) => {
    const frame = fc.record({
      count: fc.integer({ min: 1, max: 30 }),
      width: fc.constantFrom(1, 100, 9_000),
      flush: fc.boolean(),
      restart: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 25 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (frames, at) => {
          sql.exec('DROP TABLE IF EXISTS log_rows');
          let store = new LogStore(sql, CAP);
          for (const { count, width, flush, restart } of frames) {
            const from = store.lastSeq + 1;
            store.append(lines(from, from + count - 1, 'y'.repeat(width)), NOW);
            if (flush || restart) store.flush();
            if (restart) store = new LogStore(sql, CAP);
          }
          const after = Math.floor(at * (store.lastSeq + 1));
          expect(seqs(store, after)).toEqual(range(after + 1, store.lastSeq));
        },
      ),
      { numRuns: 100 },
    );
  }));
