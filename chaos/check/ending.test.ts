import { failure } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { type Ending, judgeEnding, judgeHistory } from './ending.ts';

const ARTIFACT = {
  name: 'site.zip',
  size: 1,
  sha256: 'a'.repeat(64),
  contentType: 'application/zip',
  url: 'http://localhost/dl',
  meta: {},
};
const WORK = { lines: 1, milliseconds: 1, exitCode: 0, megabytes: 0 };
const SUCCESS = { status: 'success', attempt: 1, failure: null, artifacts: [ARTIFACT] } as const;
const CANCELED = { status: 'canceled', attempt: 1, failure: null, artifacts: [] } as const;
const failed = (code: Parameters<typeof failure>[0], attempt = 1) =>
  ({ status: 'failed', attempt, failure: failure(code, 'why', null), artifacts: [] }) as const;

type Case = Partial<Omit<Ending, 'deployment'>> & { deployment: object };
const judge = ({ deployment, ...rest }: Case) =>
  judgeEnding({
    work: WORK,
    cancels: [],
    superseded: false,
    ...rest,
    deployment: deployment as Ending['deployment'],
  });
const FAILING = { ...WORK, exitCode: 2 };

describe('accepts', () => {
  test.each<[string, Case]>([
    ['a good build that succeeded', { deployment: SUCCESS }],
    ['a bad build that failed', { deployment: failed('build_failed'), work: FAILING }],
    ['a failure after three lost runners', { deployment: failed('runner_lost', 3) }],
    ['a canceled deployment whose cancel was accepted', { deployment: CANCELED, cancels: ['accepted'] }],
    ['a canceled deployment whose cancel got no answer', { deployment: CANCELED, cancels: ['unanswered'] }],
    ['a success whose cancel got no answer', { deployment: SUCCESS, cancels: ['unanswered'] }],
    ['a superseded deployment', { deployment: CANCELED, superseded: true }],
    ['a success whose cancel came too late', { deployment: SUCCESS, cancels: [{ ended: 'success' }] }],
  ])('%s', (_, ending) => {
    expect(judge(ending)).toEqual([]);
  });
});

describe('rejects', () => {
  test.each<[string, Case]>([
    ['a deployment that never ended', { deployment: { ...SUCCESS, status: 'building', artifacts: [] } }],
    ['a success without an artifact', { deployment: { ...SUCCESS, artifacts: [] } }],
    ['a success with an extra artifact', { deployment: { ...SUCCESS, artifacts: [ARTIFACT, ARTIFACT] } }],
    ['a bad build that is a success', { deployment: SUCCESS, work: FAILING }],
    ['a good build that failed', { deployment: failed('build_failed') }],
    ['a good build that could not be delivered', { deployment: failed('upload_failed') }],
    ['a failure before the third attempt', { deployment: failed('runner_lost', 2) }],
    ['a fourth attempt', { deployment: { ...SUCCESS, attempt: 4 } }],
    ['a success after an accepted cancel', { deployment: SUCCESS, cancels: ['accepted'] }],
    ['a failure after an accepted cancel', { deployment: failed('runner_lost', 3), cancels: ['accepted'] }],
    ['a canceled deployment without a cancel', { deployment: CANCELED }],
    ['a success after the API reported a failure', { deployment: SUCCESS, cancels: [{ ended: 'failed' }] }],
    [
      'a canceled deployment with an artifact',
      { deployment: { ...CANCELED, artifacts: [ARTIFACT] }, cancels: ['accepted'] },
    ],
    [
      'a failed deployment without a failure record',
      { deployment: { ...failed('build_failed'), failure: null }, work: FAILING },
    ],
  ])('%s', (_, ending) => {
    expect(judge(ending)).not.toEqual([]);
  });
});

describe('the states over time', () => {
  const seen = (...states: [Parameters<typeof judgeHistory>[0][number]['status'], number][]) =>
    judgeHistory(states.map(([status, attempt]) => ({ status, attempt })));

  test('may be queued, built, lost, built again and then end permanently', () => {
    const usual = seen(
      ['queued', 0],
      ['building', 1],
      ['queued', 1],
      ['building', 2],
      ['success', 2],
      ['success', 2],
    );
    expect(usual).toEqual([]);
    expect(seen(['building', 1], ['canceling', 1], ['canceled', 1])).toEqual([]);
  });

  test.each([
    ['an end that is followed by a build', seen(['success', 1], ['building', 2])],
    ['an end that changes', seen(['success', 1], ['failed', 1])],
    ['an end that changes its attempt', seen(['success', 1], ['success', 2])],
    ['a cancel that is followed by a success', seen(['canceling', 1], ['success', 1])],
    ['an attempt that returns', seen(['building', 2], ['building', 1])],
  ])('never show %s', (_, faults) => {
    expect(faults).not.toEqual([]);
  });
});
