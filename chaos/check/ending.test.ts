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

describe('right endings', () => {
  test.each<[string, Case]>([
    ['a good build is a success', { deployment: SUCCESS }],
    ['a bad build fails', { deployment: failed('build_failed'), work: FAILING }],
    ['three lost runners are a failure', { deployment: failed('runner_lost', 3) }],
    ['what was promised to be canceled is', { deployment: CANCELED, cancels: ['accepted'] }],
    [
      'a cancel that nobody heard the answer of may have come',
      { deployment: CANCELED, cancels: ['unheard'] },
    ],
    ['or not', { deployment: SUCCESS, cancels: ['unheard'] }],
    ['a newer deployment took its place', { deployment: CANCELED, superseded: true }],
    ['a cancel came too late', { deployment: SUCCESS, cancels: [{ ended: 'success' }] }],
  ])('%s', (_, ending) => {
    expect(judge(ending)).toEqual([]);
  });
});

describe('wrong endings', () => {
  test.each<[string, Case]>([
    ['it never ended', { deployment: { ...SUCCESS, status: 'building', artifacts: [] } }],
    ['a success without an artifact', { deployment: { ...SUCCESS, artifacts: [] } }],
    ['a success with one too many', { deployment: { ...SUCCESS, artifacts: [ARTIFACT, ARTIFACT] } }],
    ['a bad build that is a success', { deployment: SUCCESS, work: FAILING }],
    ['a good build that failed', { deployment: failed('build_failed') }],
    ['a good build that could not be delivered', { deployment: failed('upload_failed') }],
    ['given up before the third attempt', { deployment: failed('runner_lost', 2) }],
    ['a fourth attempt', { deployment: { ...SUCCESS, attempt: 4 } }],
    ['promised to be canceled, and a success', { deployment: SUCCESS, cancels: ['accepted'] }],
    ['promised to be canceled, and failed', { deployment: failed('runner_lost', 3), cancels: ['accepted'] }],
    ['canceled by nobody', { deployment: CANCELED }],
    ['said to have failed, and a success', { deployment: SUCCESS, cancels: [{ ended: 'failed' }] }],
    [
      'canceled with an artifact',
      { deployment: { ...CANCELED, artifacts: [ARTIFACT] }, cancels: ['accepted'] },
    ],
    ['failed without a failure', { deployment: { ...failed('build_failed'), failure: null }, work: FAILING }],
  ])('%s', (_, ending) => {
    expect(judge(ending)).not.toEqual([]);
  });
});

describe('what was seen over time', () => {
  const seen = (...states: [Parameters<typeof judgeHistory>[0][number]['status'], number][]) =>
    judgeHistory(states.map(([status, attempt]) => ({ status, attempt })));

  test('may be queued, built, lost, built again and then end for good', () => {
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
    ['an end that does not last', seen(['success', 1], ['building', 2])],
    ['an end that becomes another', seen(['success', 1], ['failed', 1])],
    ['an end that is another attempt’s', seen(['success', 1], ['success', 2])],
    ['a cancel that is taken back', seen(['canceling', 1], ['success', 1])],
    ['an attempt that comes again', seen(['building', 2], ['building', 1])],
  ])('is not %s', (_, faults) => {
    expect(faults).not.toEqual([]);
  });
});
