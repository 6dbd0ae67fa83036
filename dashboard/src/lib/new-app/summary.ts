/** What the last step of the wizard says about a draft. */
import { TYPE_OPTIONS } from '#lib/app/build-form.svelte.ts';
import { frameworkName } from '#lib/app/framework-icons.ts';
import { plainFolder } from '#lib/detection/candidate.ts';
import type { Draft } from './draft.svelte.ts';

/** A line of the summary. */
export interface SummaryLine {
  readonly term: string;
  /** What it says; several values are listed. */
  readonly values: readonly string[];
  /** Whether the values are code. */
  readonly isCode: boolean;
  /** Whether it was typed where detection would have said something else, or nothing. */
  readonly isChanged: boolean;
  /** The name of the field that changes it. */
  readonly field: string;
}

/** The type and framework that the app will have, as far as that is known; null if the build decides. */
export function kindOf(draft: Draft): { type: string; framework: string | null } | null {
  const plan = draft.detectedPlan;
  const type = draft.build.appType ?? plan?.type;
  const label = TYPE_OPTIONS.find(({ value }) => value === type)?.label;
  if (type === undefined || label === undefined) return null;
  const framework = draft.build.framework.trim() || plan?.framework;
  return { type: label, framework: framework ? frameworkName(framework) : null };
}

const line = (term: string, field: string, values: readonly string[], over: Partial<SummaryLine> = {}) => ({
  term,
  field,
  values,
  isCode: false,
  isChanged: false,
  ...over,
});

/** Where the code comes from: only what differs from the usual. */
export function sourceLines(draft: Draft): SummaryLine[] {
  const folder = plainFolder(draft.rootDirectory);
  const root = folder === '' ? [] : [line('Root directory', 'rootDirectory', [folder], { isCode: true })];
  if (draft.kind === 'upload') return root;
  const access = { none: '', token: 'Access token', ssh: 'Your own SSH key', generate: 'New SSH deploy key' }[
    draft.credential.choice
  ];
  const { choice, commits } = draft.depth;
  const depth = { shallow: '', full: 'Full history', custom: `${commits.trim()} commits` }[choice];
  return [
    line('Branch', 'branch', [draft.effectiveBranch], { isCode: true }),
    ...root,
    ...(draft.picked ? [line('Access', 'credential', ['GitHub App'])] : []),
    ...(!draft.picked && access ? [line('Access', 'credential', [access])] : []),
    ...(depth ? [line('Clone depth', 'credential', [depth])] : []),
  ];
}

/** How it is built: commands and outputs, and only those other settings that were made. Empty if the build decides it all. */
export function buildLines(draft: Draft): SummaryLine[] {
  const { build, detectedPlan: plan } = draft;
  const command = (term: string, field: 'installCommand' | 'buildCommand', none: string): SummaryLine[] => {
    const typed = build[field].trim();
    const value = typed || plan?.[field];
    if (value)
      return [line(term, field, [value], { isCode: true, isChanged: isOther(typed, plan?.[field]) })];
    return plan ? [line(term, field, [none])] : [];
  };
  const outputs = build.outputList.length > 0 ? build.outputList : (plan?.outputs ?? []);
  const typedOutputs = build.outputList.join('\n');
  const setting = (term: string, field: string, value: string, isCode = true) =>
    value.trim() ? [line(term, field, [value.trim()], { isCode, isChanged: true })] : [];
  return [
    ...command('Install', 'installCommand', 'Nothing to install'),
    ...command('Build', 'buildCommand', 'No build step: files are published as they are'),
    ...(outputs.length > 0
      ? [
          line('Publish', 'outputs', outputs, {
            isCode: true,
            isChanged: isOther(typedOutputs, plan?.outputs.join('\n')),
          }),
        ]
      : []),
    ...setting('Node version', 'node', build.node),
    ...setting('Builder image', 'image', build.image),
    ...setting('Time limit', 'minutes', build.minutes.trim() && `${build.minutes.trim()} minutes`, false),
    ...setting('Runner labels', 'labels', build.labelList.join(', ')),
  ];
}

const isOther = (typed: string, detected: string | null | undefined): boolean =>
  typed !== '' && typed !== (detected ?? '');
