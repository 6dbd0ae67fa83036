import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countTry, type Limit, type Tries } from './limit.ts';

const LIMIT: Limit = { most: 3, windowMs: 1000 };

/** What becomes of tries at these times: 0, or the wait. */
function waits(times: number[], limit = LIMIT): number[] {
  let tries: Tries | null = null;
  return times.map((now) => {
    const counted = countTry(tries, limit, now);
    tries = counted.tries;
    return counted.retryAfterMs;
  });
}

test('tries are allowed up to the limit, then refused until the window is over', () => {
  expect(waits([0, 100, 200, 300, 999, 1000, 1001])).toEqual([0, 0, 0, 700, 1, 0, 0]);
});

test('whenever the tries come, no window holds more than are allowed, and the wait told is long enough', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(400), { maxLength: 60 }), fc.integer({ min: 1, max: 6 }), (gaps, most) => {
      const limit = { most, windowMs: 1000 };
      let now = 0;
      let tries: Tries | null = null;
      const allowed: number[] = [];
      for (const gap of gaps) {
        now += gap;
        const counted = countTry(tries, limit, now);
        tries = counted.tries;
        if (counted.retryAfterMs === 0) allowed.push(now);
        else expect(countTry(tries, limit, now + counted.retryAfterMs).retryAfterMs).toBe(0);
      }
      // Two windows may touch, so any stretch of one window's length holds at most two windows' tries.
      for (const start of allowed)
        expect(allowed.filter((at) => at >= start && at < start + 1000).length).toBeLessThanOrEqual(2 * most);
    }),
  );
});
