import { AppFluxError } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { LookFailure } from '#lib/detection/look-repository.ts';
import { stepsForError, stepsForNothing } from './detection-steps.ts';
import { launchSteps } from './launch-steps.ts';

const failed = (over: Partial<LookFailure['details']>) =>
  new LookFailure({ code: 'source_unavailable', message: 'No.', hint: 'Check.', ...over });
const kinds = (steps: readonly { kind: string }[]) => steps.map(({ kind }) => kind);

test('every way in which a repository can’t be read has a next step', () => {
  expect(kinds(stepsForError(failed({ credential: 'missing' })))).toEqual(['credential', 'source']);
  expect(stepsForError(failed({}), ['main', 'next'])).toEqual([
    { kind: 'branch', branch: 'main' },
    { kind: 'branch', branch: 'next' },
    { kind: 'credential', isRejected: false },
    { kind: 'field', field: 'branch' },
    { kind: 'source' },
    { kind: 'retry' },
  ]);
  expect(kinds(stepsForError(failed({ code: 'no_runner' })))).toEqual(['runners', 'retry']);
  expect(kinds(stepsForError(failed({ code: 'source_invalid' })))).toEqual(['field', 'source', 'retry']);
  expect(kinds(stepsForError(new AppFluxError('too_many_requests', 'Too many')))).toEqual(['retry']);
  expect(kinds(stepsForError(new Error('no ZIP')))).toEqual(['source']);
});

test('a source in which nothing was found has next steps, unless there is something to choose', () => {
  const problem = { message: 'Nothing', hint: null, isAmbiguous: false };
  expect(stepsForNothing({ ways: [], problem })).toEqual([
    { kind: 'field', field: 'rootDirectory' },
    { kind: 'field', field: 'buildCommand' },
    { kind: 'source' },
  ]);
  expect(stepsForNothing({ ways: [], problem: null })).toEqual([]);
});

test('a refused launch leads to the fields that were refused, and else to another try', () => {
  const draft = { kind: 'upload' as const };
  const refused = (...paths: string[]) =>
    new AppFluxError('bad_request', 'Invalid', { issues: paths.map((path) => ({ path, message: 'no' })) });
  expect(launchSteps(refused('build.outputs.0', 'name'), draft, null)).toEqual([
    { kind: 'field', field: 'outputs', label: 'Change the outputs' },
    { kind: 'field', field: 'name', label: 'Change the name' },
  ]);
  expect(launchSteps(refused('source.repoUrl'), draft, null)).toEqual([{ kind: 'source' }]);
  // A member that only begins like a field is none.
  expect(kinds(launchSteps(refused('names'), draft, null))).toEqual(['retry', 'source']);
  expect(kinds(launchSteps(new AppFluxError('slug_taken', 'Taken'), draft, null))).toEqual(['field']);
  expect(kinds(launchSteps(new AppFluxError('unauthorized', 'No'), draft, null))).toEqual([
    'sign-in',
    'retry',
  ]);
  expect(kinds(launchSteps(new AppFluxError('unavailable', 'Away'), { kind: 'git' }, null))).toEqual([
    'retry',
  ]);
  expect(kinds(launchSteps(new AppFluxError('unavailable', 'Away'), draft, 'shop'))).toEqual([
    'retry',
    'settings',
  ]);
});
