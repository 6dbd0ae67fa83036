/** Which files of a folder are left out: `.appfluxignore`, then `.gitignore`, then what never belongs in a source. */
import { access, readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';

/** Names that are left out in every folder, whatever a file says. */
const ALWAYS = new Set(['.git', 'node_modules', '.appflux']);

/** Left out unless `.appfluxignore` or `.gitignore` takes them in: local secrets, and what systems and tools leave. */
const BY_DEFAULT = [
  '.env.local',
  '.env.*.local',
  '.DS_Store',
  'Thumbs.db',
  '.hg',
  '.svn',
  '.venv',
  '__pycache__',
  'npm-debug.log',
];

/** Whether names that differ in case are the same file, as Git decides on these systems. */
const FOLDS_CASE = process.platform === 'win32' || process.platform === 'darwin';

/** The rules of one file, for the folder that it is in. */
interface RuleFile {
  /** Where the file is, from the base, with forward slashes; empty for the base itself. */
  readonly folder: string;
  readonly rules: Ignore;
}

const DEFAULTS = ignore({ ignorecase: FOLDS_CASE }).add(BY_DEFAULT);

/** The rules that hold in a folder, those of the folders above it included. */
export class Rules {
  /** The folder that all paths are from: the top of the Git repository, or the folder that is packed. */
  readonly base: string;
  readonly #own: readonly RuleFile[];
  readonly #git: readonly RuleFile[];

  constructor(base: string, own: readonly RuleFile[] = [], git: readonly RuleFile[] = []) {
    this.base = base;
    this.#own = own;
    this.#git = git;
  }

  /** The rules in a folder below, given by its path from the base. @throws CliProblem `usage` */
  async in(folder: string): Promise<Rules> {
    const at = join(this.base, ...folder.split('/'));
    const [own, git] = await Promise.all([
      readRules(join(at, '.appfluxignore')),
      readRules(join(at, '.gitignore')),
    ]);
    if (own === null && git === null) return this;
    return new Rules(
      this.base,
      own === null ? this.#own : [...this.#own, { folder, rules: own }],
      git === null ? this.#git : [...this.#git, { folder, rules: git }],
    );
  }

  /** Whether an entry is left out. `path` is from the base, with forward slashes. */
  leaveOut(path: string, isFolder: boolean): boolean {
    if (ALWAYS.has(path.slice(path.lastIndexOf('/') + 1))) return true;
    const name = isFolder ? `${path}/` : path;
    return decide(this.#own, name) ?? decide(this.#git, name) ?? DEFAULTS.ignores(name);
  }
}

/** What files say of a path, the closest file first; null if none says anything. */
function decide(files: readonly RuleFile[], name: string): boolean | null {
  for (const { folder, rules } of files.toReversed()) {
    const { ignored, unignored } = rules.test(
      askedOf(rules, folder === '' ? name : name.slice(folder.length + 1)),
    );
    if (ignored) return true;
    if (unignored) return false;
  }
  return null;
}

/**
 * The path to ask a file about. A rule for a folder also matches everything in it. If we are in that folder all the same,
 * another file took it in, and only the rules for the name itself still count.
 */
function askedOf(rules: Ignore, path: string): string {
  const slash = path.lastIndexOf('/', path.length - 2);
  return slash !== -1 && rules.ignores(path.slice(0, slash + 1)) ? path.slice(slash + 1) : path;
}

async function readRules(path: string): Promise<Ignore | null> {
  try {
    return ignore({ ignorecase: FOLDS_CASE }).add(await readFile(path, 'utf8'));
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
