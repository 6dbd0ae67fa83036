/** The ignore rules of a folder on disk, and of the Git repository above it. */
import { access, readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { IGNORE_FILES, IgnoreRules } from '@appflux/client/pack';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';

/** Whether names that differ in case are the same file, as Git decides on these systems. */
const FOLDS_CASE = process.platform === 'win32' || process.platform === 'darwin';

/** The rules that hold in a folder, those of the folders above it included. */
export class Rules {
  /** The folder that all paths are from: the top of the Git repository, or the folder that is packed. */
  readonly base: string;
  readonly #rules: IgnoreRules;

  constructor(base: string, rules = new IgnoreRules(FOLDS_CASE)) {
    this.base = base;
    this.#rules = rules;
  }

  /** The rules in a folder below, given by its path from the base. @throws CliProblem `usage` */
  async in(folder: string): Promise<Rules> {
    const at = join(this.base, ...folder.split('/'));
    const [own, git] = await Promise.all([
      readRules(join(at, IGNORE_FILES.own)),
      readRules(join(at, IGNORE_FILES.git)),
    ]);
    return own === null && git === null
      ? this
      : new Rules(this.base, this.#rules.within(folder, { own, git }));
  }

  /** Whether an entry is left out. `path` is from the base, with forward slashes. */
  leaveOut(path: string, isFolder: boolean): boolean {
    return this.#rules.leaveOut(path, isFolder);
  }
}

/** The text of a file of rules; null if there is none. */
async function readRules(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    // A folder of that name has no rules.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null;
    throw new CliProblem(EXIT.usage, `${path} can’t be read.`, 'Check its permissions.', error);
  }
}

/**
 * The rules for a folder that is packed, and its path from their base. The rules of the Git repository above it hold as
 * well, unless they leave out the folder itself: who names `dist` wants what is in it.
 * @param top an absolute path
 */
export async function rulesFor(top: string): Promise<{ rules: Rules; prefix: string }> {
  const alone = async () => ({ rules: await new Rules(top).in(''), prefix: '' });
  const repository = await repositoryOf(top);
  if (repository === null || repository === top) return alone();
  const parts = relative(repository, top).split(sep);
  let rules = new Rules(repository);
  for (let depth = 0; depth < parts.length; depth += 1) {
    rules = await rules.in(parts.slice(0, depth).join('/'));
    if (rules.leaveOut(parts.slice(0, depth + 1).join('/'), true)) return alone();
  }
  const prefix = parts.join('/');
  return { rules: await rules.in(prefix), prefix };
}

/** The top of the Git repository that a folder is in; null if it is in none. */
async function repositoryOf(folder: string): Promise<string | null> {
  for (let at = folder; ; at = dirname(at)) {
    if (await exists(join(at, '.git'))) return at;
    if (dirname(at) === at) return null;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    // What can't be read says nothing about the folder either.
    return false;
  }
}
