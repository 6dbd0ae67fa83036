/**
 * Marks in a commit message that say not to deploy it, as other platforms know them, in any case:
 * GitHub Actions (docs.github.com, "Skipping workflow runs"), GitLab CI (docs.gitlab.com/ci/pipelines, "Skip a pipeline"),
 * Bitbucket Pipelines, Azure Pipelines (`***NO_CI***`), Vercel (`[skip vercel]`), Netlify (`[skip netlify]`), Cloudflare
 * Pages (`[CI Skip]`, `[CF-Pages-Skip]`), Render (`[skip render]`) and AWS Amplify (`[skip-cd]`).
 */

/** What can be in brackets beside `skip`, before or after it. */
const SKIPPED = [
  'ci',
  'cd',
  'ci/cd',
  'actions',
  'github actions',
  'vercel',
  'netlify',
  'cf',
  'cf pages',
  'cloudflare',
  'cloudflare pages',
  'render',
  'deploy',
  'build',
  'preview',
  'appflux',
  'appflux deploy',
];

/** The words in brackets, with single spaces. */
const MARKS: ReadonlySet<string> = new Set([
  'no ci',
  ...SKIPPED.flatMap((what) => [`skip ${what}`, `${what} skip`]),
]);

/** No mark has more words in its brackets; whatever is longer is text. */
const IN_BRACKETS = /\[([a-z/ _-]{1,40})\]/gi;

/**
 * Git's trailers that skip checks on GitHub (`skip-checks: true` or `skip-checks:true`): a line in the last paragraph.
 */
const TRAILER = /^\s*(skip-checks\s*:\s*true)\s*$/im;

/**
 * The mark in a commit message that says not to deploy it, as it is written there; null if it has none. It counts
 * anywhere in the message.
 */
export function skipMark(message: string): string | null {
  for (const [mark, words = ''] of message.matchAll(IN_BRACKETS)) {
    if (
      MARKS.has(
        words
          .toLowerCase()
          .trim()
          .replace(/[\s_-]+/g, ' '),
      )
    )
      return mark;
  }
  const [azure] = /\*\*\*NO_CI\*\*\*/i.exec(message) ?? [];
  return azure ?? trailerIn(message);
}

function trailerIn(message: string): string | null {
  const paragraphs = message.trim().split(/\r?\n[ \t]*\r?\n/);
  // A subject is no trailer.
  if (paragraphs.length < 2) return null;
  return TRAILER.exec(paragraphs.at(-1) ?? '')?.[1] ?? null;
}
