import { failure, HEARTBEAT_MS, hasEnded, LEASE_MS } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CANCEL_GRACE_MS, DEADLINE_GRACE_MS, type Event, nextTick, step } from './lifecycle.ts';
import { initialState, type Spec, type State } from './state.ts';
import { sampleSpec } from './testing/sample-spec.ts';
import { WAIT_LIMIT_MS } from './waiting.ts';

const spec = sampleSpec();
/** One that waits for approval. */
const held = sampleSpec({ approval: 'required', isUntrusted: true });
const T0 = spec.createdAt;
const runner = { id: 'a'.repeat(24), name: 'one' };
const other = { id: 'b'.repeat(24), name: 'two' };

/** Takes events through the machine, refusals counting as no change; each at its own time. */
function run(
  events: readonly (readonly [number, Event])[],
  from: State = initialState(spec),
  asked: Spec = spec,
): State {
  return events.reduce((state, [at, event]) => {
    const outcome = step(asked, state, event, at);
    return 'refused' in outcome ? state : outcome.state;
  }, from);
}

const claim = (by = runner): Event => ({ type: 'claim', runner: by, token: `token of ${by.name}` });
const tick: Event = { type: 'tick', socketOpen: false };

/** The pings of a runner that is there, up to a time. */
const pings = (until: number): [number, Event][] =>
  Array.from({ length: Math.floor((until - T0) / HEARTBEAT_MS) }, (_, index) => {
    const at = T0 + (index + 1) * HEARTBEAT_MS;
    return [at, { type: 'heard', attempt: 1, heardAt: at }];
  });

describe('a queued deployment', () => {
  it('is building after a claim, on attempt 1, with a lease of 30 seconds', () => {
    const state = run([[T0, claim()]]);
    expect(state).toMatchObject({ status: 'building', phase: 'preparing', attempt: 1, runner });
    expect(state.lease?.expiresAt).toBe(T0 + LEASE_MS);
  });

  it('gives the lease to one of two claims', () => {
    const first = run([[T0, claim()]]);
    expect(step(spec, first, claim(other), T0)).toEqual({ refused: 'taken' });
  });

  it('gives the same lease to the same runner asking again, whose answer was lost', () => {
    const first = run([[T0, claim()]]);
    expect(step(spec, first, { type: 'claim', runner, token: 'another' }, T0 + 5)).toEqual({
      state: first,
      effects: [],
    });
  });

  it('is canceled immediately, and the pool drops the job', () => {
    const outcome = step(spec, initialState(spec), { type: 'cancel', reason: 'changed my mind' }, T0);
    expect(outcome).toMatchObject({ state: { status: 'canceled' } });
    expect('effects' in outcome && outcome.effects.map((effect) => effect.type)).toEqual([
      'withdraw',
      'say',
      'ended',
    ]);
  });

  it('fails with no_runner when nobody has claimed it for a day', () => {
    expect(run([[T0 + WAIT_LIMIT_MS - 1, tick]]).status).toBe('queued');
    expect(run([[T0 + WAIT_LIMIT_MS, tick]])).toMatchObject({
      status: 'failed',
      failure: { code: 'no_runner' },
    });
  });
});

describe('the lease', () => {
  it('is renewed by signs of life, and never beyond one term from now', () => {
    const state = run([
      [T0, claim()],
      [T0 + 10_000, { type: 'heard', attempt: 1, heardAt: T0 + 10_000 }],
      [T0 + 11_000, { type: 'heard', attempt: 1, heardAt: T0 + 3_600_000 }],
    ]);
    expect(state.lease?.expiresAt).toBe(T0 + 11_000 + LEASE_MS);
  });

  it('is not shortened by a late word of an earlier sign of life', () => {
    const state = run([
      [T0, claim()],
      [T0 + 10_000, { type: 'heard', attempt: 1, heardAt: T0 + 10_000 }],
      [T0 + 12_000, { type: 'disconnected', attempt: 1, heardAt: T0 + 2_000 }],
    ]);
    expect(state.lease?.expiresAt).toBe(T0 + 10_000 + LEASE_MS);
  });

  it('that ran out puts the deployment back into the queue, and its old attempt changes nothing any more', () => {
    const state = run([
      [T0, claim()],
      [T0 + LEASE_MS, tick],
    ]);
    expect(state).toMatchObject({ status: 'queued', attempt: 1, lease: null });
    const late: Event = { type: 'failed', attempt: 1, failure: failure('build_failed', 'late') };
    expect(step(spec, state, late, T0 + LEASE_MS + 1)).toEqual({ refused: 'stale_attempt' });
  });

  it('of a runner whose socket was lost with the object gets one more term', () => {
    const connected = run([
      [T0, claim()],
      [T0 + 100, { type: 'connected', attempt: 1 }],
    ]);
    const expiry = T0 + 100 + LEASE_MS;
    const graced = run([[expiry, tick]], connected);
    expect(graced).toMatchObject({
      status: 'building',
      lease: { connected: false, expiresAt: expiry + LEASE_MS },
    });
    expect(run([[expiry + LEASE_MS, tick]], graced).status).toBe('queued');
  });

  it('of a runner that is connected but silent ends without that grace', () => {
    const state = run([
      [T0, claim()],
      [T0, { type: 'connected', attempt: 1 }],
      [T0 + LEASE_MS, { type: 'tick', socketOpen: true }],
    ]);
    expect(state.status).toBe('queued');
  });

  it('lost on the third attempt fails as runner_lost', () => {
    const state = run(
      [1, 2, 3].flatMap((attempt) => [
        [T0 + attempt * 100_000, claim()] as const,
        [T0 + attempt * 100_000 + LEASE_MS, tick] as const,
      ]),
    );
    expect(state).toMatchObject({ status: 'failed', attempt: 3, failure: { code: 'runner_lost' } });
  });

  it('ends immediately when the runner is removed', () => {
    const state = run([
      [T0, claim()],
      [T0 + 1, { type: 'revoked', runnerId: runner.id }],
    ]);
    expect(state).toMatchObject({ status: 'queued', lease: null });
    expect(run([[T0 + 2, { type: 'revoked', runnerId: other.id }]], run([[T0, claim()]])).status).toBe(
      'building',
    );
  });

  it('ends immediately when the runner was restarted, unless it is another attempt or another runner', () => {
    const building = run([[T0, claim()]]);
    const restarted = (runnerId: string, attempt: number): Event => ({
      type: 'restarted',
      runnerId,
      attempt,
    });
    expect(run([[T0 + 1, restarted(runner.id, 1)]], building)).toMatchObject({
      status: 'queued',
      lease: null,
    });
    expect(run([[T0 + 1, restarted(other.id, 1)]], building)).toBe(building);
    expect(run([[T0 + 1, restarted(runner.id, 2)]], building)).toBe(building);
  });
});

describe('output that a lost runner may have kept', () => {
  const connected: [number, Event] = [T0 + 1, { type: 'connected', attempt: 1 }];
  const recovered: [number, Event] = [T0 + 2, { type: 'recovered', attempt: 1 }];
  const lines = (events: [number, Event][], last: Event, at: number) => {
    const outcome = step(spec, run([[T0, claim()], ...events]), last, at);
    if ('refused' in outcome) throw new Error(outcome.refused);
    return outcome.effects.filter((effect) => effect.type === 'say' || effect.type === 'lost');
  };
  const note = 'Up to 30 seconds of output of attempt 1 may be missing here.';
  const lost = { type: 'lost', attempt: 1, runnerId: runner.id };
  const restarted: Event = { type: 'restarted', runnerId: runner.id, attempt: 1 };
  const silent: Event = { type: 'tick', socketOpen: true };

  it('is announced where it would be, before what follows, and may still come', () => {
    expect(lines([connected], restarted, T0 + 3)).toMatchObject([lost, { text: note }, { type: 'say' }]);
    expect(lines([connected], silent, T0 + 1 + LEASE_MS)).toMatchObject([
      lost,
      { text: `${note} If its runner returns before the deployment ends, it sends them.` },
      { text: expect.stringContaining('Waiting for attempt 2') },
    ]);
  });

  it('is none of a runner that never connected, that has sent the rest, or that has given the attempt up', () => {
    const waiting = [{ type: 'say', text: expect.stringContaining('Waiting for attempt 2') }];
    expect(lines([], restarted, T0 + 3)).toEqual(waiting);
    expect(lines([connected, recovered], restarted, T0 + 3)).toEqual(waiting);
    expect(lines([connected], { type: 'stopped', attempt: 1 }, T0 + 3)).toEqual(waiting);
    expect(lines([connected], { type: 'succeeded', attempt: 1, artifacts: [], site: null }, T0 + 3)).toEqual(
      [],
    );
  });

  it('is asked for again once the runner works on the attempt after all', () => {
    const again: [number, Event] = [T0 + 3, { type: 'connected', attempt: 1 }];
    expect(lines([connected, recovered, again], restarted, T0 + 4)).toMatchObject([lost, { text: note }, {}]);
  });

  it('is announced at the deadline, too, unless the runner is there', () => {
    const over = T0 + spec.limits.timeoutSeconds * 1000 + DEADLINE_GRACE_MS;
    expect(lines([connected, ...pings(over)], silent, over)).toMatchObject([
      { text: expect.stringContaining('Failed') },
    ]);
    const gone: [number, Event] = [T0 + 2, { type: 'disconnected', attempt: 1, heardAt: T0 + 2 }];
    expect(lines([connected, gone], tick, over)).toMatchObject([
      { text: note },
      { text: expect.stringContaining('Failed') },
    ]);
  });
});

describe('an attempt that its runner has returned because it was stopped', () => {
  const stopped = (attempt: number): [number, Event][] => [
    [T0 + 2 * attempt, claim()],
    [T0 + 2 * attempt + 1, { type: 'stopped', attempt }],
  ];
  const restarts = [1, 2, 3, 4, 5].flatMap(stopped);

  it('does not count: restarts of a runner never use up the attempts', () => {
    expect(run(restarts)).toMatchObject({ status: 'queued', attempt: 5 });
    const outcome = step(
      spec,
      run([...restarts, [T0 + 20, claim()]]),
      { type: 'stopped', attempt: 6 },
      T0 + 21,
    );
    expect('effects' in outcome && outcome.effects).toContainEqual({
      type: 'say',
      text: `The runner one stopped before the build was over. Waiting for attempt 7 of ${6 + spec.maxAttempts}.`,
    });
  });

  it('leaves as many attempts for runners that are lost as there were', () => {
    const lost = (attempt: number): [number, Event][] => [
      [T0 + 20 + 2 * attempt, claim()],
      [T0 + 21 + 2 * attempt, { type: 'restarted', runnerId: runner.id, attempt }],
    ];
    const attempts = Array.from({ length: spec.maxAttempts }, (_, n) => lost(6 + n));
    expect(run([...restarts, ...attempts.slice(0, -1).flat()]).status).toBe('queued');
    expect(run([...restarts, ...attempts.flat()])).toMatchObject({
      status: 'failed',
      failure: { code: 'runner_lost' },
    });
  });

  it('is still over at the deadline', () => {
    const over = T0 + spec.limits.timeoutSeconds * 1000 + DEADLINE_GRACE_MS + 10;
    expect(run([...restarts, [over, tick]])).toMatchObject({
      status: 'failed',
      failure: { code: 'build_timeout' },
    });
  });
});

describe('canceling', () => {
  const canceling = run([
    [T0, claim()],
    [T0 + 1, { type: 'cancel', reason: 'by Ada' }],
  ]);

  it('waits for the runner’s word', () => {
    expect(canceling.status).toBe('canceling');
    expect(run([[T0 + 2, { type: 'stopped', attempt: 1 }]], canceling).status).toBe('canceled');
  });

  it('ends canceled even when the build finished in the same moment', () => {
    const success: Event = { type: 'succeeded', attempt: 1, artifacts: [], site: null };
    expect(run([[T0 + 2, success]], canceling)).toMatchObject({ status: 'canceled', artifacts: [] });
    const failed: Event = { type: 'failed', attempt: 1, failure: failure('build_failed', 'no') };
    expect(run([[T0 + 2, failed]], canceling)).toMatchObject({ status: 'canceled', failure: null });
  });

  it('comes too late for a build that has finished', () => {
    const done = run([
      [T0, claim()],
      [T0 + 1, { type: 'succeeded', attempt: 1, artifacts: [], site: null }],
    ]);
    expect(step(spec, done, { type: 'cancel', reason: 'late' }, T0 + 2)).toEqual({
      refused: 'already_ended',
    });
  });

  it('ends with the lease, or when the runner never says so', () => {
    expect(run([[T0 + LEASE_MS, tick]], canceling).status).toBe('canceled');
    const lively = run(pings(T0 + CANCEL_GRACE_MS + 1), canceling);
    expect(run([[T0 + 1 + CANCEL_GRACE_MS, tick]], lively).status).toBe('canceled');
  });
});

describe('a project that asks not to be built this time', () => {
  it('is canceled, and the log says why', () => {
    const skipped: Event = { type: 'skipped', attempt: 1, reason: 'nothing of it has changed' };
    const outcome = step(spec, run([[T0, claim()]]), skipped, T0 + 1);
    expect(outcome).toMatchObject({ state: { status: 'canceled', failure: null, lease: null } });
    expect(outcome).toHaveProperty(
      'effects',
      expect.arrayContaining([{ type: 'say', text: 'Canceled: nothing of it has changed' }]),
    );
  });
});

describe('the deadline', () => {
  it('counts from the first claim and over all attempts', () => {
    const deadline = T0 + 5_000 + spec.limits.timeoutSeconds * 1000;
    const state = run([
      [T0 + 5_000, claim()],
      [T0 + 5_000 + LEASE_MS, tick],
      [T0 + 60_000, claim(other)],
      [deadline + DEADLINE_GRACE_MS, tick],
    ]);
    expect(state).toMatchObject({ status: 'failed', failure: { code: 'build_timeout' }, attempt: 2 });
  });

  it('tells the runner to stop', () => {
    const building = run([[T0, claim()]]);
    const outcome = step(spec, building, tick, (building.deadlineAt ?? 0) + DEADLINE_GRACE_MS);
    expect('effects' in outcome && outcome.effects.map((effect) => effect.type)).toEqual([
      'cancelRunner',
      'closeAttempt',
      'discard',
      'say',
      'ended',
    ]);
  });
});

describe('in any order of events', () => {
  const attempt = fc.integer({ min: 0, max: 4 });
  const someRunner = fc.constantFrom(runner, other);
  const anEvent: fc.Arbitrary<Event> = fc.oneof(
    fc.record({ type: fc.constant('claim' as const), runner: someRunner, token: fc.string() }),
    fc.record({ type: fc.constantFrom('connected' as const, 'recovered' as const), attempt }),
    fc.record({
      type: fc.constantFrom('disconnected' as const, 'heard' as const),
      attempt,
      heardAt: fc.integer({ min: T0 - 1e7, max: T0 + 1e8 }),
    }),
    fc.record({
      type: fc.constant('phase' as const),
      attempt,
      phase: fc.constantFrom('detecting', 'building'),
    }),
    fc.record({ type: fc.constant('succeeded' as const), attempt, artifacts: fc.constant([]) }),
    fc.record({
      type: fc.constant('failed' as const),
      attempt,
      failure: fc.constant(failure('build_failed', 'no')),
    }),
    fc.record({ type: fc.constant('stopped' as const), attempt }),
    fc.record({ type: fc.constant('skipped' as const), attempt, reason: fc.string() }),
    fc.record({ type: fc.constant('cancel' as const), reason: fc.string() }),
    fc.record({ type: fc.constant('approve' as const), by: fc.string() }),
    fc.record({ type: fc.constant('revoked' as const), runnerId: someRunner.map((one) => one.id) }),
    fc.record({
      type: fc.constant('restarted' as const),
      runnerId: someRunner.map((one) => one.id),
      attempt,
    }),
    fc.record({ type: fc.constant('tick' as const), socketOpen: fc.boolean() }),
  ) as fc.Arbitrary<Event>;
  const aHistory = fc.array(fc.tuple(fc.integer({ min: 0, max: 400_000 }), anEvent), { maxLength: 60 });

  /** Each state that a history goes through, with the event that led out of it. Delays add up. */
  function* through(history: [number, Event][]) {
    for (const asked of [spec, held]) yield* throughOf(asked, history);
  }

  function* throughOf(spec: Spec, history: [number, Event][]) {
    let state = initialState(spec);
    let now = T0;
    for (const [delay, event] of history) {
      now += delay;
      const outcome = step(spec, state, event, now);
      yield { before: state, event, outcome, now };
      if (!('refused' in outcome)) state = outcome.state;
    }
  }

  const runs = { numRuns: 3000 };

  it('an ended deployment never changes', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        for (const { before, event, outcome } of through(history)) {
          if (hasEnded(before.status) && !('refused' in outcome))
            expect([event.type, outcome.state]).toEqual([event.type, before]);
        }
      }),
      runs,
    );
  });

  it('one that needs approval is built by nobody before it, and waits for it', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        let isApproved = false;
        for (const { event, outcome } of throughOf(held, history)) {
          if ('refused' in outcome) continue;
          const { state, effects } = outcome;
          if (event.type === 'approve') isApproved = true;
          if (isApproved) continue;
          expect([state.attempt, state.lease]).toEqual([0, null]);
          expect(effects.map(({ type }) => type)).not.toContain('offer');
          expect(state.waiting?.reason).toBe(hasEnded(state.status) ? undefined : 'approval');
        }
      }),
      runs,
    );
  });

  it('an event of an old attempt changes nothing', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        for (const { before, event, outcome } of through(history)) {
          if ('attempt' in event && (event.attempt !== before.attempt || before.lease === null)) {
            expect(outcome).toHaveProperty('refused');
          }
        }
      }),
      runs,
    );
  });

  it('a lease is held exactly while an attempt is out, and only a claim begins one', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        for (const { before, event, outcome } of through(history)) {
          if ('refused' in outcome) continue;
          const { state } = outcome;
          expect(state.lease !== null).toBe(state.status === 'building' || state.status === 'canceling');
          expect(state.attempt - before.attempt).toBe(before.lease === null && state.lease !== null ? 1 : 0);
          if (state.attempt > before.attempt) expect(event.type).toBe('claim');
          if (before.lease !== null && state.lease !== null)
            expect(state.lease.token).toBe(before.lease.token);
        }
      }),
      runs,
    );
  });

  it('time alone ends it, whatever came before', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        for (const asked of [spec, held]) {
          const events = history.map(([delay, event]) => [T0 + delay, event] as const);
          let state = run(events, initialState(asked), asked);
          let now = T0 + Math.max(0, ...history.map(([delay]) => delay));
          for (let ticks = 0; !hasEnded(state.status); ticks += 1) {
            expect(ticks).toBeLessThan(10);
            const due = nextTick(asked, state, now);
            expect(due).not.toBeNull();
            now = Math.max(now, due ?? 0);
            state = run([[now, tick]], state, asked);
          }
          expect(nextTick(asked, state, now)).toBeNull();
        }
      }),
      runs,
    );
  });

  it('the end is reported once, with an end time, no open phase, and a failure exactly when it failed', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        for (const { before, outcome } of through(history)) {
          if ('refused' in outcome) continue;
          const { state, effects } = outcome;
          const endings = effects.filter((effect) => effect.type === 'ended').length;
          expect(endings).toBe(hasEnded(state.status) && !hasEnded(before.status) ? 1 : 0);
          if (!hasEnded(state.status)) continue;
          expect(state.finishedAt).not.toBeNull();
          expect(state.phases.every((span) => span.finishedAt !== null)).toBe(true);
          expect(state.failure !== null).toBe(state.status === 'failed');
        }
      }),
      runs,
    );
  });
});
