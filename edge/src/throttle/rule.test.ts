import fc from 'fast-check';
import { expect, test } from 'vitest';
import { forgottenAt, levelAt, oneMore, type Rule, type Tries, waitFor } from './rule.ts';

const RULE: Rule = { free: 3, firstWaitMs: 100, longestWaitMs: 1000 };

/** What becomes of tries at these times: 0 for those that are allowed, or the wait. */
function waits(times: number[], rule = RULE): number[] {
  let tries: Tries | null = null;
  return times.map((now) => {
    const wait = waitFor(tries, rule, now);
    if (wait === 0) tries = oneMore(tries, rule, now);
    return wait;
  });
}

test('after the free tries each has to wait twice as long as the one before, up to the longest wait', () => {
  let now = 0;
  let tries: Tries | null = null;
  const waited: number[] = [];
  for (let n = 0; n < 40; n += 1) {
    const wait = waitFor(tries, RULE, now);
    waited.push(wait);
    now += wait;
    expect(waitFor(tries, RULE, now)).toBe(0);
    tries = oneMore(tries, RULE, now);
  }
  expect(waited.slice(0, 7)).toEqual([0, 0, 0, 100, 200, 400, 800]);
  // While one waits that long, about as much is forgotten as was tried.
  expect(new Set(waited.slice(7))).toEqual(new Set([800, 1000]));
});

test('tries that take their time are counted like fast ones', () => {
  expect(waits([0, 10, 20, 30])).toEqual([0, 0, 0, 90]);
});

test('what is refused is not counted, so that asking again does not make the wait longer', () => {
  expect(waits([0, 0, 0, 10, 20, 30, 100])).toEqual([0, 0, 0, 90, 80, 70, 0]);
});

test('tries are forgotten one by one', () => {
  const tries = { level: 3, at: 0 };
  expect([0, 500, 1000, 3000, 9000].map((now) => levelAt(tries, RULE, now))).toEqual([3, 2.5, 2, 0, 0]);
  expect(forgottenAt(tries, RULE)).toBe(3000);
  expect(levelAt(tries, RULE, forgottenAt(tries, RULE))).toBe(0);
});

test('a clock that goes back neither forgets nor locks out', () => {
  const tries = { level: 4, at: 1000 };
  expect(levelAt(tries, RULE, 0)).toBe(4);
  expect(waitFor(tries, RULE, 0)).toBeLessThanOrEqual(1000 + RULE.longestWaitMs);
});

test('however the tries are spread, they are bounded, and the wait told is enough', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(400), { maxLength: 200 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 500 }),
      (gaps, free, firstWaitMs) => {
        const rule = { free, firstWaitMs, longestWaitMs: 500 };
        let now = 0;
        let tries: Tries | null = null;
        let allowed = 0;
        for (const gap of gaps) {
          now += gap;
          const wait = waitFor(tries, rule, now);
          expect(waitFor(tries, rule, now + wait)).toBe(0);
          if (wait > 0) continue;
          tries = oneMore(tries, rule, now);
          allowed += 1;
        }
        const doublings = Math.ceil(Math.log2(rule.longestWaitMs / firstWaitMs));
        expect(allowed).toBeLessThanOrEqual(free + doublings + 1 + now / rule.longestWaitMs);
      },
    ),
  );
});
