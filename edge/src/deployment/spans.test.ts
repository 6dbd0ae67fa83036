import { failure, LEASE_MS, traceOf } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import type { Span } from '../tracing/span.ts';
import { type Event, step } from './lifecycle.ts';
import { spansOfChange } from './spans.ts';
import { initialState } from './state.ts';
import { sampleSpec } from './testing/sample-spec.ts';

const spec = sampleSpec();
const T0 = spec.createdAt;
const runner = { id: 'a'.repeat(24), name: 'one' };
const { rootSpanId, attemptSpanId, traceId } = traceOf(spec.id);

const claim: Event = { type: 'claim', runner, token: 'token' };
const tick: Event = { type: 'tick', socketOpen: false };

/** All spans of a deployment that goes through these events. */
function spansOf(events: readonly (readonly [number, Event])[]): Span[] {
  let state = initialState(spec);
  return events.flatMap(([at, event]) => {
    const outcome = step(spec, state, event, at);
    if ('refused' in outcome) return [];
    const spans = spansOfChange(spec, state, outcome.state, at);
    state = outcome.state;
    return spans;
  });
}

const times = (spans: readonly Span[]) => spans.map(({ name, start, end }) => [name, start - T0, end - T0]);

describe('the spans of a deployment', () => {
  test('are the wait, the attempt and the whole', () => {
    const spans = spansOf([
      [T0 + 100, claim],
      [T0 + 200, { type: 'phase', attempt: 1, phase: 'building' }],
      [T0 + 300, { type: 'heard', attempt: 1, heardAt: T0 + 300 }],
      [T0 + 900, { type: 'succeeded', attempt: 1, artifacts: [], site: null }],
      [T0 + 950, { type: 'archived', logKey: 'logs/1' }],
    ]);
    expect(times(spans)).toEqual([
      ['wait for a runner', 0, 100],
      ['attempt 1', 100, 900],
      [`deploy ${spec.app.slug}`, 0, 900],
    ]);
    expect(spans.every((span) => span.traceId === traceId && span.error === undefined)).toBe(true);
    expect(spans.map(({ parentSpanId }) => parentSpanId)).toEqual([rootSpanId, rootSpanId, null]);
    expect(spans[1]?.spanId).toBe(attemptSpanId(1));
    expect(spans[2]?.attributes['cicd.pipeline.result']).toBe('success');
  });

  test('show an attempt that was lost, and the wait for the next one', () => {
    const spans = spansOf([
      [T0 + 100, claim],
      [T0 + 100 + LEASE_MS, tick],
      [T0 + 500 + LEASE_MS, claim],
      [
        T0 + 700 + LEASE_MS,
        { type: 'failed', attempt: 2, failure: failure('build_failed', 'exit code 1', 'building') },
      ],
    ]);
    expect(times(spans)).toEqual([
      ['wait for a runner', 0, 100],
      ['attempt 1', 100, 100 + LEASE_MS],
      ['wait for a runner', 100 + LEASE_MS, 500 + LEASE_MS],
      ['attempt 2', 500 + LEASE_MS, 700 + LEASE_MS],
      [`deploy ${spec.app.slug}`, 0, 700 + LEASE_MS],
    ]);
    expect(spans[1]).toMatchObject({ attributes: { 'error.type': 'attempt_lost' } });
    expect(spans[1]?.error).toBeDefined();
    for (const span of spans.slice(3))
      expect(span).toMatchObject({ error: 'exit code 1', attributes: { 'error.type': 'build_failed' } });
  });

  test('of a deployment that was canceled while it waited are the whole only', () => {
    const spans = spansOf([[T0 + 100, { type: 'cancel', reason: 'changed my mind' }]]);
    expect(times(spans)).toEqual([[`deploy ${spec.app.slug}`, 0, 100]]);
    expect(spans[0]).toMatchObject({ attributes: { 'cicd.pipeline.result': 'cancellation' } });
    expect(spans[0]?.error).toBeUndefined();
  });

  test('have no secret of the spec in them', () => {
    const told = JSON.stringify(
      spansOf([
        [T0 + 1, claim],
        [T0 + 2, { type: 'stopped', attempt: 1 }],
      ]),
    );
    expect(told).not.toContain('token');
    for (const { sealed } of Object.values(spec.variables)) expect(told).not.toContain(sealed);
  });
});
