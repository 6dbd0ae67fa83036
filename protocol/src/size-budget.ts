/** Size budgets: limits for what an app publishes, and how a deployment compares with them. */
import { z } from 'zod';

/** In `accepts` of an attempt's `welcome`: this edge checks the budgets of `appflux.json`, and takes the frame of this type. */
export const SIZE_BUDGETS = 'budgets';

/** How many budgets an app, or an `appflux.json`, can have. */
export const MAX_SIZE_BUDGETS = 20;

/** How many files are named that take most of a budget that is exceeded. */
export const MAX_LARGEST_FILES = 3;

/**
 * What a budget limits, always the sum: everything that is published; the scripts, style sheets or images of the site; its
 * files that match a pattern; or the artifacts whose names match one.
 */
export const BudgetTarget = z.enum(['total', 'js', 'css', 'images', 'files', 'artifacts']);
export type BudgetTarget = z.infer<typeof BudgetTarget>;

/** The targets that need a pattern. */
const WITH_PATTERN: ReadonlySet<BudgetTarget> = new Set(['files', 'artifacts']);

/** Whether a budget of this target names its files by a pattern. */
export const needsPattern = (what: BudgetTarget): boolean => WITH_PATTERN.has(what);

const size = z.int().min(0);

const fields = {
  what: BudgetTarget,
  /** A glob, for `files` and `artifacts`: paths from the top of the site, or names of artifacts. */
  pattern: z.string().trim().min(1).max(200).optional(),
  /** In bytes. */
  limit: z.int().min(1).max(1_000_000_000_000),
  /** `gzip` measures the files of a site as browsers load them. */
  compression: z.enum(['none', 'gzip']).default('none'),
  /** What happens if the size is larger: `fail` ends the deployment, and nothing is published. */
  on: z.enum(['warn', 'fail']).default('warn'),
};

/** A limit for what deployments publish. */
export const SizeBudget = z
  .strictObject(fields)
  .superRefine(({ what, pattern, compression }, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (needsPattern(what) && pattern === undefined)
      refuse('pattern', `A budget for ${what} needs a pattern such as ${EXAMPLES[what]}`);
    if (!needsPattern(what) && pattern !== undefined)
      refuse('pattern', `A budget for ${what} has no pattern. Use "files" to limit files by a pattern`);
    if (what === 'artifacts' && compression === 'gzip')
      refuse('compression', 'Artifacts are downloaded as they are. Measure them without compression');
  })
  .meta({ id: 'SizeBudget' });
export type SizeBudget = z.infer<typeof SizeBudget>;

const EXAMPLES: Readonly<Record<string, string>> = { files: 'assets/**/*.woff2', artifacts: '*.apk' };

/** The budgets of an app or an `appflux.json`. */
export const SizeBudgets = z.array(SizeBudget).max(MAX_SIZE_BUDGETS);

/** How a deployment compares with a budget. */
export const SizeBudgetResult = z
  .strictObject({
    ...fields,
    /** The size of all matching files together, in bytes. */
    bytes: size,
    /** How many files match. */
    files: size,
    /** The size in the release of that moment; null if there was none, or it could not be read. */
    before: size.nullable(),
    outcome: z.enum(['passed', 'warned', 'failed']),
    /** The largest of the matching files, if the budget is exceeded. */
    largest: z.array(z.strictObject({ name: z.string(), bytes: size })).max(MAX_LARGEST_FILES),
  })
  .meta({ id: 'SizeBudgetResult' });
export type SizeBudgetResult = z.infer<typeof SizeBudgetResult>;

const NAMES: Readonly<Record<Exclude<BudgetTarget, 'files' | 'artifacts'>, string>> = {
  total: 'Total size',
  js: 'JavaScript',
  css: 'CSS',
  images: 'Images',
};

/** What a budget limits, in English: `JavaScript (gzip)`, `assets/**`. */
export function budgetName({ what, pattern, compression }: Omit<SizeBudget, 'limit' | 'on'>): string {
  const name = what === 'files' || what === 'artifacts' ? (pattern ?? what) : NAMES[what];
  return compression === 'gzip' ? `${name} (gzip)` : name;
}
