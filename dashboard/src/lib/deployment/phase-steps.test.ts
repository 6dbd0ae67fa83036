import { type Deployment, failure, type PhaseSpan } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { phaseSteps } from './phase-steps.ts';

const at = (second: number) => `2026-11-01T12:00:${String(second).padStart(2, '0')}.000Z`;
const span = (phase: PhaseSpan['phase'], from: number, to: number | null): PhaseSpan => ({
  phase,
  startedAt: at(from),
  finishedAt: to === null ? null : at(to),
});
const now = Date.parse(at(40));
const steps = (over: Partial<Deployment>) =>
  phaseSteps(
    { status: 'building', phase: null, phases: [], failure: null, finishedAt: null, ...over },
    now,
  ).map(({ state, seconds }) => (seconds === null ? state : `${state} ${seconds}`));

describe('the steps of a deployment', () => {
  test('are all pending while it is queued', () => {
    expect(steps({ status: 'queued' })).toEqual(['pending', 'pending', 'pending', 'pending', 'pending']);
  });

  test('count the seconds of the active one', () => {
    const phases = [span('preparing', 0, 4), span('scanning', 4, 5), span('detecting', 5, null)];
    expect(steps({ phases })).toEqual(['done 4', 'done 1', 'active 35', 'pending', 'pending']);
    expect(steps({ phases, status: 'canceling' })[2]).toBe('active 35');
  });

  test('stop where it failed', () => {
    const phases = [span('preparing', 0, 4), span('building', 4, null)];
    const failed = { status: 'failed', phases, finishedAt: at(10) } as const;
    expect(steps({ ...failed, failure: failure('build_failed', 'exit 1', 'building') })).toEqual([
      'done 4',
      'pending',
      'pending',
      'failed 6',
      'pending',
    ]);
    expect(steps({ ...failed, failure: failure('runner_lost', 'gone') })[3]).toBe('failed 6');
  });

  test('show a failure before any phase, and a cancellation', () => {
    expect(steps({ status: 'failed', failure: failure('no_runner', 'none') })[0]).toBe('pending');
    expect(steps({ status: 'canceled', phases: [span('preparing', 0, null)], finishedAt: at(3) })[0]).toBe(
      'stopped 3',
    );
  });

  test('are done when it succeeded, even if the end of the last one was not reported', () => {
    expect(steps({ status: 'success', phases: [span('uploading', 30, null)], finishedAt: at(36) })[4]).toBe(
      'done 6',
    );
  });
});
