/**
 * What GitHub's API says of a commit that a webhook's payload leaves out: its message, and the paths that changed.
 * Sources: docs.github.com/rest/commits/commits, "Get a commit" and "Compare two commits".
 *
 * An answer decides only whether a commit can be left out. So whatever goes wrong here counts as "unknown", which is
 * built.
 */
import { z } from 'zod';
import { journal } from '../journal.ts';
import { boundedPaths, MOST_PATHS } from './bounded.ts';
import type { ChangedPaths, Repository, Sha } from './event.ts';

/** How long GitHub is waited for, in milliseconds. */
const ANSWER_WITHIN_MS = 3_000;

/** After GitHub couldn't be reached it isn't asked for this long, in milliseconds. */
const UNREACHABLE_MS = 60_000;

/** The largest answer that is read: 300 files with their patches. */
const MOST_BYTES = 20 * 1024 * 1024;

const Commit = z.object({ commit: z.object({ message: z.string() }) });

const Comparison = z.object({
  status: z.enum(['ahead', 'behind', 'diverged', 'identical']),
  files: z.array(z.object({ filename: z.string(), previous_filename: z.string().optional() })).optional(),
});

/** Until when an API isn't asked, in Unix milliseconds. There is one for each instance that runs here. */
const unreachableUntil = new Map<string, number>();

export interface GithubApi {
  /** The API's URL without a slash at its end. */
  readonly api: string;
  /** A token that may read the repository; null asks without one, which public repositories answer. */
  readonly token: string | null;
}

/** The whole message of a commit; null if GitHub doesn't say. */
export async function commitMessage(
  from: GithubApi,
  repository: Repository,
  sha: Sha,
): Promise<string | null> {
  const commit = await ask(from, repository, `commits/${sha}`, Commit);
  return typeof commit === 'string' ? null : commit.commit.message;
}

/** The paths that differ between two commits; of a file that was renamed, both its names. */
export async function comparedPaths(
  from: GithubApi,
  repository: Repository,
  { base, head, linear }: { base: string; head: Sha; linear: boolean },
): Promise<ChangedPaths> {
  const path = `compare/${encodeURIComponent(base)}...${head}?per_page=1`;
  const compared = await ask(from, repository, path, Comparison);
  if (typeof compared === 'string') return { known: false, reason: compared };
  const { status, files = [] } = compared;
  if (linear && status !== 'ahead' && status !== 'identical')
    return { known: false, reason: 'the branch was force-pushed' };
  // GitHub lists no more, and doesn't say that it has left some out.
  if (files.length >= MOST_PATHS) return { known: false, reason: `at least ${MOST_PATHS} files changed` };
  const paths = files.flatMap(({ filename, previous_filename: previous }) =>
    previous === undefined ? [filename] : [filename, previous],
  );
  return boundedPaths({ known: true, paths });
}

/** The answer to a question about a repository, or why there is none. */
async function ask<Schema extends z.ZodType>(
  { api, token }: GithubApi,
  { fullName }: Repository,
  path: string,
  schema: Schema,
): Promise<z.infer<Schema> | string> {
  if (Date.now() < (unreachableUntil.get(api) ?? 0)) return 'GitHub could not be reached';
  const url = `${api}/repos/${fullName.split('/').map(encodeURIComponent).join('/')}/${path}`;
  try {
    const response = await fetch(url, {
      headers: {
        Accept: 'application/vnd.github+json',
        'User-Agent': 'AppFlux',
        ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    if (!response.ok) {
      await response.body?.cancel();
      return `GitHub answered ${response.status}`;
    }
    const parsed = schema.safeParse(JSON.parse(await textOf(response)));
    return parsed.success ? parsed.data : 'GitHub’s answer could not be read';
  } catch (error) {
    // No connection, no answer in time, or no JSON: nothing is left out for want of an answer.
    journal.info(`GitHub was not asked about ${fullName}: ${String(error)}`);
    unreachableUntil.set(api, Date.now() + UNREACHABLE_MS);
    return 'GitHub could not be reached';
  }
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MOST_BYTES) throw new Error(`The answer has more than ${MOST_BYTES} bytes`);
  }
  return text + decoder.decode();
}
