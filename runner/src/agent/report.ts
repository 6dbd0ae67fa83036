/**
 * What a runner tells the edge of an attempt. Everything that goes up besides log lines is masked here, field by field: a
 * field that the protocol gains doesn't compile before it is decided what happens to it.
 */

import { IMAGES } from '@appflux/detection';
import {
  type AttemptResult,
  type BuildCandidate,
  MAX_NOTES_LENGTH,
  type Plan,
  type RunnerToDeployment,
} from '@appflux/protocol';
import { artifactName } from '../job/collect/names.ts';
import type { AttemptReport } from '../job/outcome.ts';
import type { Notice } from '../job/pipeline.ts';
import type { UploadQuestion } from '../job/upload.ts';
import type { Mask } from '../masking/sentence.ts';

type Frame<Type extends RunnerToDeployment['type']> = Extract<RunnerToDeployment, { type: Type }>;

/** Names of AppFlux's own images, which are not masked. */
const OWN_IMAGES: ReadonlySet<string> = new Set(Object.values(IMAGES));

/** The lengths that the protocol allows, in UTF-16 units. A mask can be longer than what it hides. */
const LONGEST = { message: 2000, reason: 500, value: 200, command: 2000, output: 512, tool: 40, version: 60 };

type Fields<Whole> = {
  readonly [Key in keyof Required<Whole>]: (value: NonNullable<Whole[Key]>) => Whole[Key];
};

/** Applies each field's masking; null and absent fields stay as they are. */
function mapped<Whole extends object>(whole: Whole, fields: Fields<Whole>): Whole {
  const entries = Object.entries(whole).map(([key, value]) => {
    const change = fields[key as keyof Whole] as (value: unknown) => unknown;
    return [key, value === null || value === undefined ? value : change(value)];
  });
  return Object.fromEntries(entries) as Whole;
}

const same = <Value>(value: Value): Value => value;

/** Masks a notice. */
export function maskedNotice(notice: Notice, mask: Mask): Frame<'phase' | 'source' | 'plan' | 'details'> {
  if (notice.type === 'phase') return notice;
  if (notice.type === 'source') return mapped(notice, sourceFields(mask));
  if (notice.type === 'details') return mapped(notice, detailsFields(mask));
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

const limited = (text: string, longest: number): string => text.slice(0, longest);

const sourceFields = (mask: Mask): Fields<Frame<'source'>> => ({
  type: same,
  attempt: same,
  commitHash: same,
  commitMessage: (message) => limited(mask(message), LONGEST.message),
  // Named by the app or the trigger, and not by what is in the repository.
  branch: same,
});

const detailsFields = (mask: Mask): Fields<Frame<'details'>> => ({
  type: same,
  attempt: same,
  notes: ({ text, source }) => ({ text: limited(mask(text), MAX_NOTES_LENGTH), source }),
  // A picture, of which only pixels are kept.
  icon: same,
});

/** Framework, type and manager are ids of AppFlux; the digest is the engine's. */
const planFields = (mask: Mask): Fields<Plan> => {
  const value = (text: string) => limited(mask(text), LONGEST.value);
  const command = (text: string) => limited(mask(text), LONGEST.command);
  return {
    type: same,
    framework: same,
    packageManager: same,
    image: (image) => (OWN_IMAGES.has(image) ? image : value(image)),
    imageDigest: same,
    tools: (tools) =>
      Object.fromEntries(
        Object.entries(tools).map(([tool, version]) => [
          limited(mask(tool), LONGEST.tool),
          limited(mask(version), LONGEST.version),
        ]),
      ),
    node: (version) => limited(mask(version), LONGEST.tool),
    java: (version) => limited(mask(version), 10),
    flutter: (version) => limited(mask(version), LONGEST.tool),
    installCommand: command,
    buildCommand: command,
    outputs: (outputs) => outputs.map((output) => limited(mask(output), LONGEST.output)),
    reasons: (reasons) => reasons.map((reason) => limited(mask(reason), LONGEST.reason)),
    alternatives: (alternatives) => maskedCandidates(alternatives, mask),
  };
};

/** Types and frameworks are ids of AppFlux; a folder is named by the source. */
const maskedCandidates = (candidates: readonly BuildCandidate[], mask: Mask): BuildCandidate[] =>
  candidates.map(({ set, ...candidate }) => ({
    ...candidate,
    set: {
      ...set,
      rootDirectory: set.rootDirectory === null ? null : limited(mask(set.rootDirectory), LONGEST.output),
    },
  }));

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

/** Masks a result. */
export function maskedResult(report: AttemptReport, mask: Mask): AttemptResult {
  switch (report.status) {
    case 'success':
      return { ...report, artifacts: report.artifacts.map((name) => maskedName(name, mask)) };
    case 'canceled':
      return report;
    case 'skipped':
      return { ...report, reason: limited(mask(report.reason), LONGEST.reason) };
    case 'failed': {
      const { candidates, ...failure } = report.failure;
      return {
        status: 'failed',
        failure: {
          ...failure,
          // The edge inserts it into its own sentence.
          message: limited(mask(failure.message).replace(/\.\s*$/, ''), LONGEST.message),
          hint: limited(mask(failure.hint), LONGEST.message),
          ...(candidates.length > 0 && { candidates: maskedCandidates(candidates.slice(0, 20), mask) }),
        },
      };
    }
  }
}
