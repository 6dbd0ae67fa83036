import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Lease, leaseTerms } from './lease.ts';

function open(leaseSeconds = 30) {
  let now = 1_000_000;
  const lease = new Lease(leaseTerms(leaseSeconds), () => now);
  const pass = (ms: number) => {
    now += ms;
  };
  return { lease, pass };
}

describe('a lease', () => {
  test('is held until the margin before its end, and lost from then on', () => {
    const { lease, pass } = open();
    pass(24_999);
    expect(lease.held()).toBe(true);
    pass(1);
    expect(lease.held()).toBe(false);
    expect(lease.remainingMs()).toBe(0);
  });

  test('counts from when an answered ping was sent, not from its answer', () => {
    const { lease, pass } = open();
    pass(10_000);
    lease.pingSent();
    pass(5_000);
    lease.pongReceived();
    expect(lease.remainingMs()).toBe(20_000);
  });

  test('is not renewed by a ping without an answer, nor by an answer from before a broken connection', () => {
    const { lease, pass } = open();
    lease.pingSent();
    pass(20_000);
    lease.connectionLost();
    lease.pongReceived();
    expect(lease.remainingMs()).toBe(5_000);
  });

  test('that has expired is not renewed by a late answer: another runner may hold it', () => {
    const { lease, pass } = open();
    pass(24_000);
    lease.pingSent();
    pass(5_000);
    lease.pongReceived();
    expect(lease.held()).toBe(false);
  });

  test('shorter than usual has a margin in proportion', () => {
    expect(leaseTerms(6)).toEqual({ lengthMs: 6000, marginMs: 1000 });
  });
});

test('property: whatever the delays, the runner gives up before the edge could have given the lease away', () => {
  const step = fc.record({
    ms: fc.nat(12_000),
    what: fc.constantFrom('ping', 'pong', 'drop', 'look'),
    edgeDelay: fc.nat(3000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { lease, pass } = open();
      let now = 0;
      let edgeSawAt = 0;
      const underWay: number[] = [];
      for (const { ms, what, edgeDelay } of steps) {
        pass(ms);
        now += ms;
        if (what === 'ping') {
          lease.pingSent();
          underWay.push(now);
        }
        if (what === 'pong' && underWay.length > 0) {
          // The edge saw that ping at some moment between its sending and now.
          const sentAt = underWay.shift() ?? 0;
          edgeSawAt = Math.max(edgeSawAt, Math.min(now, sentAt + edgeDelay));
          lease.pongReceived();
        }
        if (what === 'drop') {
          underWay.length = 0;
          lease.connectionLost();
        }
        if (lease.held()) expect(now).toBeLessThanOrEqual(edgeSawAt + 25_000);
      }
    }),
    { numRuns: 2000 },
  );
});
