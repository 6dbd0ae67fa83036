/** Which Git commands need more of a repository's history than its newest commit: without it they fail, or are wrong in silence. Pure. */

/** Commands that are about more than one commit, whatever their arguments. */
const ALWAYS: ReadonlySet<string> = new Set([
  'describe',
  'shortlog',
  'blame',
  'annotate',
  'name-rev',
  'merge-base',
  'cherry',
]);
/** Commands that list commits: one commit of a clone of one commit is right, unless it is the newest of a path. */
const LISTING: ReadonlySet<string> = new Set(['rev-list', 'log', 'whatchanged']);
/** Global options of Git that take the following word (git(1)). */
const WITH_VALUE: ReadonlySet<string> = new Set(['-C', '-c', '--git-dir', '--work-tree', '--namespace']);

const EARLIER = /^(?:HEAD|@)[\^~]/;
const ONE = /^(?:-1|-n1|--max-count=1)$/;
/** Names that lead to the newest commit, which is there. */
const NEWEST = /^(?:HEAD|@|[0-9a-f]{7,64})$/;

/**
 * Whether a Git command needs history, by its arguments: `git describe` does, `git log -1` does not, but
 * `git log -1 -- docs/page.md` does.
 * @param argv begins with `git`.
 */
export function needsHistory(argv: readonly string[]): boolean {
  const words = argv.slice(1);
  while (words[0]?.startsWith('-')) words.splice(0, WITH_VALUE.has(words[0]) ? 2 : 1);
  const [command = '', ...rest] = words;
  if (ALWAYS.has(command)) return true;
  if (rest.some((word) => EARLIER.test(word))) return true;
  if (!LISTING.has(command)) return false;
  const two = rest.findIndex((word) => word === '-n' || word === '--max-count');
  const isOne = rest.some((word) => ONE.test(word)) || (two !== -1 && rest[two + 1] === '1');
  const positional = rest.filter(
    (word, index) => !word.startsWith('-') && !(two !== -1 && index === two + 1),
  );
  return !isOne || positional.some((word) => !NEWEST.test(word));
}

/** `git`, quoted or not, and what follows it in the same command. Quotes and commas stand between the words of an array. */
const COMMAND = /\bgit(?:\.exe)?(?=['"]?[\s,])([^\n;&|`)\]}]{1,300})/g;

/** The first Git command in a text of a project that needs history; null if there is none. */
export function historyCall(text: string): string | null {
  for (const [, rest = ''] of text.matchAll(COMMAND)) {
    const argv = ['git', ...rest.split(/[\s,'"\\]+/).filter((word) => word !== '')];
    if (needsHistory(argv)) return argv.slice(0, 3).join(' ');
  }
  return null;
}

/**
 * The commands in a trace of Git (GIT_TRACE2_EVENT, api-trace2(7)) that need history, each once, at most five.
 * @param trace what a build wrote: lines that are no events are left out.
 */
export function callsInTrace(trace: string): string[] {
  const calls = new Set<string>();
  for (const line of trace.split('\n')) {
    if (!line.includes('"event":"start"')) continue;
    const argv = argvOf(line);
    if (argv === null || !needsHistory(argv)) continue;
    calls.add(['git', ...argv.slice(1)].join(' ').slice(0, 80));
    if (calls.size === 5) break;
  }
  return [...calls];
}

function argvOf(line: string): string[] | null {
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event !== 'object' || event === null || !('argv' in event)) return null;
    const { argv } = event;
    return Array.isArray(argv) && argv.every((word) => typeof word === 'string') ? argv : null;
  } catch {
    // Not an event: the build can write anything there.
    return null;
  }
}
