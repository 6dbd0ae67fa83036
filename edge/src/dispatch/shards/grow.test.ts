import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Layout, UNDIVIDED } from '../../pools/layout.ts';
import { MOST_SHARDS, nextLayout, REST_MS, type ShardLoad } from './grow.ts';

const LIMITS = { runners: 1_000, eventsPerSecond: 100 };
const load = (runners: number, eventsPerSecond = 0, isEmpty = false): ShardLoad => ({
  runners,
  eventsPerSecond,
  isSettled: true,
  isEmpty,
});
const layout = (shards: number, reach = shards): Layout => ({ generation: 7, shards, before: shards, reach });

describe('a pool', () => {
  test('stays one object while it has room', () => {
    expect(nextLayout(UNDIVIDED, [load(1_000, 100)], LIMITS, REST_MS)).toBeNull();
    expect(nextLayout(UNDIVIDED, [load(0)], LIMITS, REST_MS)).toBeNull();
  });

  test('grows by its runners or by its events, also right after a change', () => {
    expect(nextLayout(UNDIVIDED, [load(1_001)], LIMITS, 0)).toEqual({
      generation: 1,
      shards: 2,
      before: 1,
      reach: 2,
    });
    expect(nextLayout(UNDIVIDED, [load(1, 350)], LIMITS, 0)).toEqual({
      generation: 1,
      shards: 4,
      before: 1,
      reach: 4,
    });
    expect(nextLayout(layout(2), [load(1_500), load(600)], LIMITS, 0)?.shards).toBe(3);
  });

  test('has no more than so many', () => {
    expect(nextLayout(UNDIVIDED, [load(1_000_000)], LIMITS, 0)?.shards).toBe(MOST_SHARDS);
  });

  test('shrinks only after a rest, and only to where it has room for twice its load', () => {
    const loads = [load(300), load(300), load(300)];
    expect(nextLayout(layout(3), loads, LIMITS, REST_MS - 1)).toBeNull();
    expect(nextLayout(layout(3), loads, LIMITS, REST_MS)).toEqual({
      generation: 8,
      shards: 2,
      before: 3,
      reach: 3,
    });
    expect(nextLayout(layout(3), [load(400), load(400), load(400)], LIMITS, REST_MS)).toBeNull();
  });

  test('gives a shard up when it is empty, and does not shrink further before', () => {
    const loads = (isEmpty: boolean) => [load(10), load(10), load(0, 0, isEmpty)];
    expect(nextLayout(layout(2, 3), loads(false), LIMITS, REST_MS)).toBeNull();
    expect(nextLayout(layout(2, 3), loads(true), LIMITS, 0)).toEqual({
      generation: 8,
      shards: 2,
      before: 2,
      reach: 2,
    });
    expect(nextLayout(layout(2, 3), loads(true).slice(0, 2), LIMITS, 0)).toBeNull();
  });

  test('is not changed while an earlier change is carried out', () => {
    expect(
      nextLayout(layout(2), [load(9_000), { ...load(0), isSettled: false }], LIMITS, REST_MS),
    ).toBeNull();
  });

  test('settles: with the same load, changes end', () => {
    const loads = fc.array(fc.tuple(fc.nat(20_000), fc.nat(2_000)), { minLength: 1, maxLength: MOST_SHARDS });
    fc.assert(
      fc.property(loads, fc.integer({ min: 1, max: MOST_SHARDS }), (all, shards) => {
        const runners = all.reduce((sum, [count]) => sum + count, 0);
        const events = all.reduce((sum, [, count]) => sum + count, 0);
        let current = layout(shards);
        for (let changes = 0; changes < 4; changes += 1) {
          const spread = Array.from({ length: current.reach }, (_, shard) =>
            shard < current.shards
              ? load(runners / current.shards, events / current.shards)
              : load(0, 0, true),
          );
          const next = nextLayout(current, spread, LIMITS, REST_MS);
          if (next === null) return;
          expect(next.generation).toBe(current.generation + 1);
          expect(next.reach).toBeGreaterThanOrEqual(next.shards);
          current = next;
        }
        expect.unreachable('it goes on changing');
      }),
    );
  });
});
