/** Which files of a folder are left out: `.appfluxignore`, then `.gitignore`, then what never belongs in a source. */
import ignore, { type Ignore } from 'ignore';

/** The files that rules are read from. The first decides over the second. */
export const IGNORE_FILES = { own: '.appfluxignore', git: '.gitignore' } as const;

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

/** The rules of one file, for the folder that it is in. */
interface RuleFile {
  /** Where the file is, from the base, with forward slashes; empty for the base itself. */
  readonly folder: string;
  readonly rules: Ignore;
}

/** The text of each ignore file of a folder; null where there is none. */
export interface IgnoreTexts {
  readonly own: string | null;
  readonly git: string | null;
}

/** The rules that hold in a folder, including those of the folders above it. Immutable. */
export class IgnoreRules {
  readonly #foldsCase: boolean;
  readonly #defaults: Ignore;
  readonly #own: readonly RuleFile[];
  readonly #git: readonly RuleFile[];

  /** @param foldsCase whether names that differ in case are the same file, as on Windows and macOS */
  constructor(
    foldsCase: boolean,
    defaults = ignore({ ignorecase: foldsCase }).add(BY_DEFAULT),
    own: readonly RuleFile[] = [],
    git: readonly RuleFile[] = [],
  ) {
    this.#foldsCase = foldsCase;
    this.#defaults = defaults;
    this.#own = own;
    this.#git = git;
  }

  /** The rules in a folder below, given by its path from the base and the texts of its ignore files. */
  within(folder: string, { own, git }: IgnoreTexts): IgnoreRules {
    if (own === null && git === null) return this;
    const file = (text: string): RuleFile => ({
      folder,
      rules: ignore({ ignorecase: this.#foldsCase }).add(text),
    });
    return new IgnoreRules(
      this.#foldsCase,
      this.#defaults,
      own === null ? this.#own : [...this.#own, file(own)],
      git === null ? this.#git : [...this.#git, file(git)],
    );
  }

  /** Whether an entry is left out. `path` is from the base, with forward slashes. */
  leaveOut(path: string, isFolder: boolean): boolean {
    if (ALWAYS.has(path.slice(path.lastIndexOf('/') + 1))) return true;
    const name = isFolder ? `${path}/` : path;
    return decide(this.#own, name) ?? decide(this.#git, name) ?? this.#defaults.ignores(name);
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
