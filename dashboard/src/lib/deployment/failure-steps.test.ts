import { FailureCode } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { failureSteps } from './failure-steps.ts';

test.each(FailureCode.options)(
  'a deployment that failed with %s has a next step for every source',
  (code) => {
    for (const provider of ['github', 'git', 'upload'] as const)
      expect(failureSteps({ code }, provider), provider).not.toEqual([]);
  },
);

test('only steps that apply to the source are offered', () => {
  const fields = (provider: 'git' | 'upload') =>
    failureSteps({ code: 'source_unavailable' }, provider).map((step) =>
      step.kind === 'settings' ? step.field : step.kind,
    );
  expect(fields('git')).toEqual(['branch', 'credential', 'redeploy']);
  expect(fields('upload')).toEqual(['redeploy']);
  expect(failureSteps({ code: 'malware_found' }, 'upload')).toEqual([{ kind: 'app' }]);
});
