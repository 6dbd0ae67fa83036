import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Bucket, use, waitFor } from './budget.ts';

const ALLOWANCE = { burst: 10, perSecond: 2 };

test('a burst may be used immediately, and then as much as comes back', () => {
  let bucket: Bucket | null = null;
  for (let n = 0; n < 10; n += 1) {
    bucket = use(bucket, ALLOWANCE, 1, 1_000);
    expect(bucket).not.toBeNull();
  }
  expect(use(bucket, ALLOWANCE, 1, 1_000)).toBeNull();
  expect(waitFor(bucket, ALLOWANCE, 1, 1_000)).toBe(500);
  expect(use(bucket, ALLOWANCE, 1, 1_499)).toBeNull();
  expect(use(bucket, ALLOWANCE, 1, 1_500)).toEqual({ left: 0, at: 1_500 });
});

test('after the wait there is enough, whatever the rounding', () => {
  const bucket = { left: 0.6899999999999995, at: 8_722 };
  const wait = waitFor(bucket, ALLOWANCE, 6, 8_899);
  expect(use(bucket, ALLOWANCE, 6, 8_899 + wait)).not.toBeNull();
});

test('more than a burst is never allowed, and never waited for without end', () => {
  expect(use(null, ALLOWANCE, 11, 0)).toBeNull();
  expect(waitFor({ left: 0, at: 0 }, ALLOWANCE, 1_000, 0)).toBe(5_000);
});

test('property: whenever it is used, no stretch of time sees more than a burst and what comes back meanwhile', () => {
  const uses = fc.array(fc.record({ gapMs: fc.nat(2_000), amount: fc.integer({ min: 1, max: 6 }) }), {
    maxLength: 80,
  });
  fc.assert(
    fc.property(uses, (all) => {
      let bucket: Bucket | null = null;
      let now = 0;
      const allowed: { at: number; amount: number }[] = [];
      for (const { gapMs, amount } of all) {
        now += gapMs;
        const after = use(bucket, ALLOWANCE, amount, now);
        if (after === null) {
          const wait = waitFor(bucket, ALLOWANCE, amount, now);
          expect(wait).toBeGreaterThan(0);
          expect(use(bucket, ALLOWANCE, amount, now + wait)).not.toBeNull();
          continue;
        }
        bucket = after;
        allowed.push({ at: now, amount });
      }
      for (const { at: from } of allowed)
        for (const { at: to } of allowed) {
          const used = allowed
            .filter(({ at }) => at >= from && at <= to)
            .reduce((sum, one) => sum + one.amount, 0);
          expect(used).toBeLessThanOrEqual(
            ALLOWANCE.burst + (Math.max(0, to - from) / 1000) * ALLOWANCE.perSecond + 1e-9,
          );
        }
    }),
  );
});

test('a clock that goes back gives nothing', () => {
  expect(use({ left: 0, at: 10_000 }, ALLOWANCE, 1, 0)).toBeNull();
});
