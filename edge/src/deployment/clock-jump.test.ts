/** A machine's clock that is set forward or back while builds run. */
import { HEARTBEAT_MS, hasEnded, LEASE_MS } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEADLINE_GRACE_MS, type Event, nextTick, step } from './lifecycle.ts';
import { initialState, type State } from './state.ts';
import { sampleSpec } from './testing/sample-spec.ts';

const HOUR = 3_600_000;
const spec = sampleSpec();
const T0 = spec.createdAt;
const LIMIT = spec.limits.timeoutSeconds * 1000;

function apply(state: State, event: Event, now: number): State {
  const outcome = step(spec, state, event, now);
  return 'refused' in outcome ? state : outcome.state;
}

/** A deployment whose runner connected at T0. */
function building(): State {
  const runner = { id: 'a'.repeat(24), name: 'one' };
  const claimed = apply(initialState(spec), { type: 'claim', runner, token: 'x' }, T0);
  return apply(claimed, { type: 'connected', attempt: 1 }, T0);
}

const connected: Event = { type: 'tick', socketOpen: true };
const heard = (heardAt: number): Event => ({ type: 'heard', attempt: 1, heardAt });

describe('a clock that is set forward by an hour', () => {
  const jumped = T0 + 5_000 + HOUR;

  test('costs a connected runner nothing, and the build keeps its time', () => {
    const state = apply(building(), connected, jumped);
    expect(state).toMatchObject({ status: 'building', lease: { expiresAt: jumped + LEASE_MS } });
    const left = (state.deadlineAt ?? 0) - jumped;
    expect(left).toBeGreaterThanOrEqual(LIMIT - LEASE_MS);
    expect(left).toBeLessThanOrEqual(LIMIT + LEASE_MS);
    const later = apply(state, heard(jumped + 20_000), jumped + LEASE_MS);
    expect(apply(later, connected, jumped + LEASE_MS).status).toBe('building');
  });

  test('costs a runner that is not heard afterwards its lease, one term later', () => {
    const state = apply(building(), connected, jumped);
    expect(apply(state, connected, jumped + LEASE_MS - 1).status).toBe('building');
    expect(apply(state, connected, jumped + LEASE_MS)).toMatchObject({ status: 'queued', lease: null });
  });

  test('is no excuse for a runner that is not connected', () => {
    const gone = apply(building(), { type: 'disconnected', attempt: 1, heardAt: T0 }, T0 + 1);
    expect(apply(gone, { type: 'tick', socketOpen: false }, T0 + LEASE_MS + 20_000).status).toBe('queued');
  });

  test('leaves a cancellation its time', () => {
    const canceling = apply(building(), { type: 'cancel', reason: 'by Ada' }, T0 + 1);
    const state = apply(canceling, connected, jumped);
    expect(state.status).toBe('canceling');
    expect(apply(state, connected, jumped + LEASE_MS).status).toBe('canceled');
  });
});

describe('a clock that is set back by an hour', () => {
  const jumped = T0 + 5_000 - HOUR;

  test('is looked at immediately, and the lease of a silent runner ends one term later, not in an hour', () => {
    expect(nextTick(spec, building(), jumped)).toBe(jumped);
    const state = apply(building(), connected, jumped);
    expect(nextTick(spec, state, jumped)).toBe(jumped + LEASE_MS);
    expect(apply(state, connected, jumped + LEASE_MS).status).toBe('queued');
  });

  test('gives no build an hour more', () => {
    const state = apply(building(), connected, jumped);
    const left = (state.deadlineAt ?? 0) - jumped;
    expect(left).toBeGreaterThanOrEqual(LIMIT - LEASE_MS);
    expect(left).toBeLessThanOrEqual(LIMIT + LEASE_MS);
  });

  test('that is only corrected by a fraction of a second changes nothing', () => {
    const before = building();
    expect(apply(before, connected, T0 - 500)).toBe(before);
    expect(nextTick(spec, before, T0 - 500)).toBe(T0 + LEASE_MS);
  });
});

test('property: however the clock jumps, a healthy build keeps its first attempt, and ends at its limit', () => {
  const aJump = fc.tuple(
    fc.integer({ min: 0, max: LIMIT / 1000 }),
    fc.oneof(fc.integer({ min: 90, max: 7200 }), fc.integer({ min: -7200, max: -90 })),
  );
  fc.assert(
    fc.property(fc.array(aJump, { maxLength: 6 }), (jumps) => {
      let state = building();
      // Seconds that really pass; the clock shows more or less. The runner pings by its own clock.
      let offset = 0;
      let pingedAt = T0;
      let passed = 0;
      for (; !hasEnded(state.status) && passed < 3 * LIMIT; passed += 1000) {
        offset += jumps.filter(([at]) => at * 1000 === passed).reduce((sum, [, by]) => sum + by * 1000, 0);
        const now = T0 + passed + offset;
        if (passed % HEARTBEAT_MS === 0) pingedAt = now;
        if ((nextTick(spec, state, now) ?? Number.POSITIVE_INFINITY) > now) continue;
        state = apply(state, heard(pingedAt), now);
        state = apply(state, connected, now);
        if (passed < LIMIT - jumps.length * LEASE_MS)
          expect(state).toMatchObject({ status: 'building', attempt: 1 });
      }
      expect(state).toMatchObject({ status: 'failed', attempt: 1, failure: { code: 'build_timeout' } });
      expect(passed).toBeLessThanOrEqual(LIMIT + DEADLINE_GRACE_MS + (jumps.length + 1) * LEASE_MS);
    }),
    { numRuns: 300 },
  );
});
