/** Compares what a deployment publishes with size budgets. Pure. */
import {
  budgetName,
  type Failure,
  failure,
  formatBytes,
  isReservedPath,
  MAX_LARGEST_FILES,
  type SizeBudget,
  type SizeBudgetResult,
} from '@appflux/protocol';
import { matchesGlob } from '../globs/glob.ts';

/** A file that is published. Sizes are in bytes. */
export interface PublishedFile {
  /** The path in its site, or the name of an artifact. */
  readonly name: string;
  readonly size: number;
  /** What a browser loads that accepts gzip; `size` if it is not compressed. */
  readonly gzip: number;
}

/** What a deployment publishes: the files of its site, and its other artifacts. */
export interface Published {
  readonly site: readonly PublishedFile[];
  readonly artifacts: readonly PublishedFile[];
}

const EXTENSIONS = {
  js: /\.[cm]?js$/i,
  css: /\.css$/i,
  images: /\.(?:avif|bmp|gif|ico|jpe?g|png|svg|webp)$/i,
} as const;

/**
 * How `after` compares with each budget, in the order of the budgets. `before` is the release that it is compared with, or
 * null. The modules of a server are not files of its site.
 */
export const checkBudgets = (
  budgets: readonly SizeBudget[],
  after: Published,
  before: Published | null,
): SizeBudgetResult[] =>
  budgets.map((budget) => {
    const matching = filesOf(budget, after);
    const bytes = sumOf(budget, matching);
    const isExceeded = bytes > budget.limit;
    return {
      ...budget,
      bytes,
      files: matching.length,
      before: before === null ? null : sumOf(budget, filesOf(budget, before)),
      outcome: !isExceeded ? 'passed' : budget.on === 'fail' ? 'failed' : 'warned',
      largest: isExceeded ? largestOf(budget, matching) : [],
    };
  });

function filesOf({ what, pattern = '' }: SizeBudget, { site, artifacts }: Published): PublishedFile[] {
  const files = site.filter(({ name }) => !isReservedPath(name));
  switch (what) {
    case 'total':
      return [...files, ...artifacts];
    case 'files':
      return files.filter(({ name }) => matchesGlob(pattern, name));
    case 'artifacts':
      return artifacts.filter(({ name }) => matchesGlob(pattern, name));
    default:
      return files.filter(({ name }) => EXTENSIONS[what].test(name));
  }
}

const sizeOf = ({ compression }: SizeBudget, { size, gzip }: PublishedFile): number =>
  compression === 'gzip' ? gzip : size;

const sumOf = (budget: SizeBudget, files: readonly PublishedFile[]): number =>
  files.reduce((sum, file) => sum + sizeOf(budget, file), 0);

const largestOf = (budget: SizeBudget, files: readonly PublishedFile[]) =>
  files
    .map((file) => ({ name: file.name, bytes: sizeOf(budget, file) }))
    .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_LARGEST_FILES);

/** A line for logs and messages: `JavaScript (gzip): 210 kB, limit 200 kB, release 190 kB`. */
export function budgetLine(result: SizeBudgetResult): string {
  const before = result.before === null ? '' : `, release ${formatBytes(result.before)}`;
  return `${budgetName(result)}: ${formatBytes(result.bytes)}, limit ${formatBytes(result.limit)}${before}`;
}

/** The results that exceed their budgets. */
export const exceeded = (results: readonly SizeBudgetResult[]): SizeBudgetResult[] =>
  results.filter(({ outcome }) => outcome !== 'passed');

/** Why a deployment fails because of these results; null if it doesn't. */
export function budgetFailure(results: readonly SizeBudgetResult[]): Failure | null {
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  if (failed.length === 0) return null;
  const budgets =
    failed.length === 1 ? 'A size budget is exceeded' : `${failed.length} size budgets are exceeded`;
  return failure('budget_exceeded', `${budgets}. ${failed.map(budgetLine).join('; ')}`, 'uploading');
}
