import { type App, Glob, MAX_TRIGGER_GLOBS, type TriggerRules, type UpdateApp } from '@appflux/protocol';
import { branchProblem } from '#lib/source/branch.ts';

/** The form of what starts deployments of an app by itself. */
export class TriggerForm {
  readonly #fromGit: boolean;
  productionBranch = $state('');
  push = $state(true);
  branches = $state<TriggerRules['branches']>('all');
  pullRequests = $state(true);
  forks = $state<TriggerRules['forks']>('approve');
  /** A glob; empty if tags deploy nothing. */
  tags = $state('');
  /** Globs, one per line. */
  include = $state('');
  exclude = $state('');

  constructor({ source, triggers }: App) {
    this.#fromGit = source.provider !== 'upload';
    this.productionBranch = source.provider === 'upload' ? '' : source.branch;
    this.push = triggers.push;
    this.branches = triggers.branches;
    this.pullRequests = triggers.pullRequests;
    this.forks = triggers.forks;
    this.tags = triggers.tags ?? '';
    this.include = triggers.include.join('\n');
    this.exclude = triggers.exclude.join('\n');
  }

  get problems() {
    return {
      productionBranch: this.#fromGit ? branchProblem(this.productionBranch.trim()) : null,
      tags: this.tags.trim() === '' ? null : globProblem(this.tags.trim()),
      include: pathsProblem(linesOf(this.include)),
      exclude: pathsProblem(linesOf(this.exclude)),
    };
  }

  get valid(): boolean {
    return Object.values(this.problems).every((problem) => problem === null);
  }

  /** The request body. The source, as it is stored now, is in it only if the production branch changed. */
  toChange(source: App['source']): UpdateApp {
    const { push, branches, pullRequests, forks } = this;
    const branch = this.productionBranch.trim();
    const moves = source.provider !== 'upload' && branch !== source.branch;
    return {
      triggers: {
        push,
        branches,
        pullRequests,
        forks,
        tags: this.tags.trim() || null,
        include: linesOf(this.include),
        exclude: linesOf(this.exclude),
      },
      ...(moves && { source: { ...source, branch } }),
    };
  }
}

/** The lines of a text that aren't blank, once each. */
const linesOf = (text: string): string[] => [
  ...new Set(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  ),
];

const MAX_LENGTH = Number(Glob.maxLength);

function globProblem(glob: string): string | null {
  if (glob.length > MAX_LENGTH) return `Use at most ${MAX_LENGTH} characters`;
  return Glob.safeParse(glob).error?.issues[0]?.message ?? null;
}

function pathsProblem(globs: readonly string[]): string | null {
  if (globs.length > MAX_TRIGGER_GLOBS) return `Enter at most ${MAX_TRIGGER_GLOBS} patterns.`;
  for (const glob of globs) {
    const problem = globProblem(glob);
    if (problem !== null) return `“${glob.length > 60 ? `${glob.slice(0, 60)}…` : glob}”: ${problem}.`;
  }
  return null;
}
