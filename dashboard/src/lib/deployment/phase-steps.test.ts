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

const NEVER_RUN = ['notRun', 'notRun', 'notRun', 'notRun', 'notRun'];

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
      'notRun',
      'notRun',
      'failed 6',
      'notRun',
    ]);
    expect(steps({ ...failed, failure: failure('runner_lost', 'gone') })[3]).toBe('failed 6');
  });

  test('show a failure before any phase, and a cancellation', () => {
    expect(steps({ status: 'failed', failure: failure('no_runner', 'none') })).toEqual(NEVER_RUN);
    expect(steps({ status: 'canceled', finishedAt: at(3) })).toEqual(NEVER_RUN);
    expect(steps({ status: 'canceled', phases: [span('preparing', 0, null)], finishedAt: at(3) })[0]).toBe(
      'stopped 3',
    );
  });

  test('stop where it was canceled, although the edge closes the phase then', () => {
    const phases = [span('preparing', 0, 4), span('detecting', 4, 5), span('building', 5, 9)];
    expect(steps({ status: 'canceled', phases, finishedAt: at(9) })).toEqual([
      'done 4',
      'notRun',
      'done 1',
      'stopped 4',
      'notRun',
    ]);
  });

  test('stop where the runner was lost, although the edge closes the phase then', () => {
    const phases = [span('preparing', 0, 4), span('building', 4, 10)];
    const lost = {
      status: 'failed',
      phases,
      finishedAt: at(10),
      failure: failure('runner_lost', 'gone'),
    } as const;
    expect(steps(lost)[3]).toBe('failed 6');
    expect(steps(lost)[4]).toBe('notRun');
  });

  test('after the one that failed are not done, even if it had begun', () => {
    const phases = [span('building', 0, 8), span('uploading', 8, 10)];
    const failed = { status: 'failed', phases, finishedAt: at(10) } as const;
    expect(steps({ ...failed, failure: failure('no_artifact', 'none', 'building') }).slice(3)).toEqual([
      'failed 8',
      'stopped 2',
    ]);
    expect(steps({ ...failed, failure: failure('upload_failed', 'none', 'uploading') }).slice(3)).toEqual([
      'done 8',
      'failed 2',
    ]);
  });

  test('that were passed over while it builds are not to come', () => {
    const phases = [span('preparing', 0, 4), span('building', 4, null)];
    expect(steps({ phases })).toEqual(['done 4', 'notRun', 'notRun', 'active 36', 'pending']);
  });

  test('are done when it succeeded, even if the end of the last one was not reported', () => {
    expect(steps({ status: 'success', phases: [span('uploading', 30, null)], finishedAt: at(36) })[4]).toBe(
      'done 6',
    );
  });
});
