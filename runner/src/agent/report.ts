/**
 * What a runner tells the edge of an attempt. Everything that goes up besides log lines is masked here, field by field: a
 * field that the protocol gains doesn't compile before it is decided what happens to it.
 */

import {
  type AttemptResult,
  MAX_LOCATION_PATH,
  MAX_NOTES_LENGTH,
  type RunnerToDeployment,
  type SizeBudget,
} from '@appflux/protocol';
import { artifactName } from '../job/collect/names.ts';
import type { AttemptReport } from '../job/outcome.ts';
import type { Notice } from '../job/pipeline.ts';
import type { UploadQuestion } from '../job/upload.ts';
import {
  type Fields,
  LONGEST,
  limited,
  mapped,
  maskedCandidates,
  planFields,
  same,
} from '../masking/plan.ts';
import type { Mask } from '../masking/sentence.ts';

type Frame<Type extends RunnerToDeployment['type']> = Extract<RunnerToDeployment, { type: Type }>;

/** Masks a notice. */
export function maskedNotice(
  notice: Notice,
  mask: Mask,
): Frame<'phase' | 'source' | 'plan' | 'details' | 'budgets'> {
  if (notice.type === 'phase') return notice;
  if (notice.type === 'source') return mapped(notice, sourceFields(mask));
  if (notice.type === 'details') return mapped(notice, detailsFields(mask));
  if (notice.type === 'budgets') return mapped(notice, budgetsFields(mask));
  const { reasons, ...frame } = notice;
  const plan = mapped({ ...frame.plan, ...(reasons && { reasons: [] }) }, planFields(mask));
  return {
    ...frame,
    plan: {
      ...plan,
      ...(reasons && { reasons: reasons.map((reason) => limited(mask(reason), LONGEST.reason)) }),
    },
    version: frame.version === null ? null : limited(mask(frame.version), 100),
  };
}

const sourceFields = (mask: Mask): Fields<Frame<'source'>> => ({
  type: same,
  attempt: same,
  commitHash: same,
  commitMessage: (message) => limited(mask(message), LONGEST.message),
  // Named by the app or the trigger, and not by what is in the repository.
  branch: same,
});

const budgetsFields = (mask: Mask): Fields<Frame<'budgets'>> => ({
  type: same,
  attempt: same,
  budgets: (budgets) => budgets.map((budget) => mapped(budget, budgetFields(mask))),
});

const budgetFields = (mask: Mask): Fields<SizeBudget> => ({
  what: same,
  pattern: (pattern) => limited(mask(pattern), LONGEST.pattern),
  limit: same,
  compression: same,
  on: same,
});

const detailsFields = (mask: Mask): Fields<Frame<'details'>> => ({
  type: same,
  attempt: same,
  notes: ({ text, source }) => ({ text: limited(mask(text), MAX_NOTES_LENGTH), source }),
  // A picture, of which only pixels are kept.
  icon: same,
});

/** A name that a build gave is a name of a file: what stands for a secret in it must be allowed there, too. */
const maskedName = (name: string, mask: Mask): string => {
  const masked = mask(name);
  return masked === name ? name : artifactName(masked);
};

/** Masks a question. A name is masked alike in every frame. */
export function maskedQuestion(question: UploadQuestion, mask: Mask): UploadQuestion {
  const name = maskedName(question.name, mask);
  if (question.type === 'uploaded') return { ...question, name };
  return { ...question, name, meta: maskedMeta(question.meta, mask) };
}

function maskedMeta(meta: Frame<'upload'>['meta'], mask: Mask): Frame<'upload'>['meta'] {
  const masked = (value: string | number | boolean) => {
    // A number that is a secret must become a string to be masked.
    const text = mask(String(value));
    return text === String(value) ? value : limited(text, LONGEST.reason);
  };
  return Object.fromEntries(
    Object.entries(meta).map(([key, value]) => [key, MEASURED.has(key) ? value : masked(value)]),
  );
}

/** Facts that AppFlux has measured itself. */
const MEASURED: ReadonlySet<string> = new Set(['files', 'unpackedBytes', 'platform', 'format', 'entry']);

/** Masks a result. `takesLocation`: whether the edge takes the location of a failure. */
export function maskedResult(report: AttemptReport, mask: Mask, takesLocation: boolean): AttemptResult {
  switch (report.status) {
    case 'success':
      return { ...report, artifacts: report.artifacts.map((name) => maskedName(name, mask)) };
    case 'canceled':
      return report;
    case 'skipped':
      return { ...report, reason: limited(mask(report.reason), LONGEST.reason) };
    case 'failed': {
      const { candidates, location, ...failure } = report.failure;
      return {
        status: 'failed',
        failure: {
          ...failure,
          // The edge inserts it into its own sentence.
          message: limited(mask(failure.message).replace(/\.\s*$/, ''), LONGEST.message),
          hint: limited(mask(failure.hint), LONGEST.message),
          ...(candidates.length > 0 && { candidates: maskedCandidates(candidates.slice(0, 20), mask) }),
          ...(takesLocation &&
            location !== null && {
              location: { ...location, path: limited(mask(location.path), MAX_LOCATION_PATH) },
            }),
        },
      };
    }
  }
}
