import { describe, expect, test } from 'vitest';
import { type Event, nextTick, step } from './lifecycle.ts';
import { recordOf } from './record.ts';
import { initialState, isHeld, isOffered, type Spec, type State } from './state.ts';
import { sampleSpec } from './testing/sample-spec.ts';
import { APPROVAL_LIMIT_MS, WAIT_LIMIT_MS, WAITING_AFTER_MS } from './waiting.ts';

const plain = sampleSpec();
const held = sampleSpec({ approval: 'required', isUntrusted: true });
const T0 = plain.createdAt;
const tick: Event = { type: 'tick', socketOpen: false };
const approve: Event = { type: 'approve', by: 'ada@example.com' };
const claim: Event = { type: 'claim', runner: { id: 'a'.repeat(24), name: 'one' }, token: 'token' };

function take(spec: Spec, state: State, event: Event, now: number) {
  const outcome = step(spec, state, event, now);
  if ('refused' in outcome) throw new Error(`refused: ${outcome.refused}`);
  return outcome;
}

/** What is due next happens when it is due. */
function afterNextTick(spec: Spec, state: State, now: number): { state: State; at: number } {
  const at = nextTick(spec, state, now);
  if (at === null) throw new Error('nothing is due');
  return { state: take(spec, state, tick, at).state, at };
}

describe('a deployment that no runner claims', () => {
  test('counts as waiting after ten minutes, once, and is given up after a day all the same', () => {
    const waiting = afterNextTick(plain, initialState(plain), T0);
    expect(waiting).toMatchObject({ at: T0 + WAITING_AFTER_MS, state: { status: 'queued' } });
    expect(recordOf(plain, waiting.state).waiting).toEqual({
      reason: 'runner',
      since: new Date(T0).toISOString(),
    });
    const ended = afterNextTick(plain, waiting.state, waiting.at);
    expect(ended).toMatchObject({ at: T0 + WAIT_LIMIT_MS, state: { status: 'failed' } });
    expect(recordOf(plain, ended.state).waiting).toBeNull();
  });

  test('a minute before, it does not', () => {
    const at = T0 + WAITING_AFTER_MS - 60_000;
    expect(step(plain, initialState(plain), tick, at)).toMatchObject({
      effects: [],
      state: { status: 'queued' },
    });
    expect(take(plain, initialState(plain), tick, at).state.waiting).toBeUndefined();
  });

  test('it no longer waits when it is claimed', () => {
    const { state, at } = afterNextTick(plain, initialState(plain), T0);
    expect(recordOf(plain, take(plain, state, claim, at).state).waiting).toBeNull();
  });
});

describe('a deployment from a fork', () => {
  test('is offered to nobody and claimed by nobody before it is approved, and says so from the beginning', () => {
    const state = initialState(held);
    expect([isHeld(state), isOffered(held, state)]).toEqual([true, false]);
    expect(step(held, state, claim, T0)).toEqual({ refused: 'held' });
    expect(recordOf(held, state)).toMatchObject({
      status: 'queued',
      approval: { state: 'required', by: null },
      waiting: { reason: 'approval' },
    });
  });

  test('is offered when it is approved, by whom is known, and a second approval changes nothing', () => {
    const at = T0 + WAIT_LIMIT_MS + 1;
    const { state, effects } = take(held, initialState(held), approve, at);
    expect(effects.map(({ type }) => type)).toEqual(['say', 'offer']);
    expect(isOffered(held, state)).toBe(true);
    expect(recordOf(held, state)).toMatchObject({
      approval: { state: 'approved', by: 'ada@example.com' },
      waiting: null,
    });
    expect(take(held, state, { type: 'approve', by: 'eve' }, at + 1)).toEqual({ state, effects: [] });
    // It has waited for a runner since then, not since it was created.
    expect(nextTick(held, state, at)).toBe(at + WAITING_AFTER_MS);
    expect(take(held, state, claim, at + 1).state).toMatchObject({ status: 'building', attempt: 1 });
  });

  test('is canceled when nobody approves it for 30 days, and not a day after its creation', () => {
    const { state, at } = afterNextTick(held, initialState(held), T0);
    expect(at).toBe(T0 + APPROVAL_LIMIT_MS);
    expect(state).toMatchObject({ status: 'canceled', failure: null });
    expect(step(held, state, approve, at)).toEqual({ refused: 'already_ended' });
  });

  test('can be canceled while it waits', () => {
    const { state } = take(held, initialState(held), { type: 'cancel', reason: 'closed' }, T0);
    expect(state.status).toBe('canceled');
    expect(step(held, state, approve, T0)).toEqual({ refused: 'already_ended' });
  });
});

test("what needs no approval can't be approved", () => {
  expect(step(plain, initialState(plain), approve, T0)).toEqual({ refused: 'needs_no_approval' });
});

test('what is skipped has ended from the beginning, without an attempt', () => {
  const skipped = sampleSpec({ skipped: { reason: 'Nothing changed' }, tag: 'v1', commitMessage: 'Docs' });
  const state = initialState(skipped);
  expect(recordOf(skipped, state)).toMatchObject({
    status: 'canceled',
    attempt: 0,
    skipped: { reason: 'Nothing changed' },
    finishedAt: new Date(T0).toISOString(),
    commitMessage: 'Docs',
    branch: null,
    tag: 'v1',
  });
  expect([isOffered(skipped, state), nextTick(skipped, state, T0)]).toEqual([false, null]);
  expect(step(skipped, state, claim, T0)).toEqual({ refused: 'already_ended' });
  expect(step(skipped, state, approve, T0)).toEqual({ refused: 'already_ended' });
});
