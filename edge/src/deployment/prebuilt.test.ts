import { type Failure, failure, LEASE_MS } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { type Event, nextTick, step } from './lifecycle.ts';
import { delivererOf } from './prebuilt.ts';
import { initialState, type State } from './state.ts';
import { sampleSpec } from './testing/sample-spec.ts';

const spec = sampleSpec({
  trigger: 'manual',
  maxAttempts: 1,
  source: { kind: 'prebuilt', branch: 'main', commit: null, rootDirectory: './' },
});
const T0 = spec.createdAt;
const deliverer = delivererOf({ kind: 'token', id: '66f2a1c04b7e9d0000000009', name: 'ci' });

function take(state: State, event: Event, at = T0) {
  const outcome = step(spec, state, event, at);
  if ('refused' in outcome) throw new Error(`refused: ${outcome.refused}`);
  return outcome;
}

const begun = () => take(initialState(spec), { type: 'claim', runner: deliverer, token: 'token' });
const connected = () => take(begun().state, { type: 'connected', attempt: 1 }).state;

describe('a prebuilt output', () => {
  test('is leased to its deliverer, who is no runner, and the log says who that is', () => {
    const { state, effects } = begun();
    expect(state).toMatchObject({ status: 'building', attempt: 1, runner: null, branch: 'main' });
    expect(effects).toMatchObject([{ type: 'say', text: expect.stringContaining('delivered by ci') }]);
    // No runner's claim gets it.
    const runner = { id: 'a'.repeat(24), name: 'one' };
    expect(step(spec, state, { type: 'claim', runner, token: 'other' }, T0)).toEqual({ refused: 'taken' });
  });

  test('fails when its deliverer is lost, without another attempt', () => {
    const silent = connected();
    const at = nextTick(spec, silent, T0) ?? 0;
    expect(at).toBe(T0 + LEASE_MS);
    const { state, effects } = take(silent, { type: 'tick', socketOpen: true }, at);
    expect(state).toMatchObject({ status: 'failed', lease: null, failure: { code: 'upload_failed' } });
    expect((state.failure as Failure).message).toMatch(/^ci gave no sign of life/);
    const types = effects.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['closeAttempt', 'discard', 'ended']));
    expect(types).not.toContain('offer');
    expect(types).not.toContain('lost');
  });

  test('fails when its deliverer never connects', () => {
    const { state } = take(begun().state, { type: 'tick', socketOpen: false }, T0 + LEASE_MS);
    expect(state).toMatchObject({ status: 'failed', failure: { code: 'upload_failed' } });
  });

  test('is canceled when its deliverer gives up, and not given to anybody else', () => {
    const { state, effects } = take(connected(), { type: 'stopped', attempt: 1 });
    expect(state).toMatchObject({ status: 'canceled', lease: null });
    expect(effects.map(({ type }) => type)).not.toContain('offer');
  });

  test('is canceled by anyone who may, once the deliverer has confirmed it', () => {
    const canceling = take(connected(), { type: 'cancel', reason: 'asked for by ada' });
    expect(canceling.state.status).toBe('canceling');
    expect(canceling.effects.map(({ type }) => type)).toEqual(['cancelRunner']);
    const { state } = take(canceling.state, { type: 'stopped', attempt: 1 });
    expect(state).toMatchObject({ status: 'canceled', cancelReason: 'asked for by ada' });
  });

  test('fails as its deliverer says', () => {
    const why = failure('no_artifact', 'The folder is empty');
    expect(take(connected(), { type: 'failed', attempt: 1, failure: why }).state).toMatchObject({
      status: 'failed',
      failure: { code: 'no_artifact' },
    });
  });
});

test('callers of different kinds hold different leases, and none that a runner could', () => {
  const ids = (['user', 'token', 'operator'] as const).map(
    (kind) => delivererOf({ kind, id: 'a'.repeat(24), name: 'ada' }).id,
  );
  expect(new Set([...ids, 'a'.repeat(24)]).size).toBe(4);
});
