/** What a package.json points at: a target that does not exist fails only where somebody imports it. */
import { readFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';

/** The members of a package.json that name files of the package. */
const MEMBERS = ['main', 'types', 'bin', 'exports', 'imports'] as const;

interface Target {
  /** Where it stands, such as `exports["."]`. */
  readonly at: string;
  /** As it is written there. */
  readonly path: string;
}

/**
 * The files that a package.json names, conditions and alternatives included. A target of `imports` without `./` is
 * another package, and `null` hides a path: both are left out.
 */
export function targetsOf(manifest: object): Target[] {
  const found: Target[] = [];
  const visit = (value: unknown, at: string): void => {
    if (typeof value === 'string') {
      if (value.startsWith('.') || !at.startsWith('imports')) found.push({ at, path: value });
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) visit(member, `${at}[${JSON.stringify(name)}]`);
    }
  };
  for (const name of MEMBERS) visit((manifest as Record<string, unknown>)[name], name);
  return found;
}

/**
 * Checks the package.json files among the files of a checkout, all named by their paths in it. A target with `*` has to
 * match a file.
 * @returns a line per target that does not exist
 */
export async function checkPackageTargets(root: string, files: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  const existing = new Set(files);
  for (const manifest of files.filter((path) => /(?:^|\/)package\.json$/.test(path) && !isFixture(path))) {
    for (const { at, path } of targetsOf(JSON.parse(await readFile(join(root, manifest), 'utf8')))) {
      const target = posix.join(posix.dirname(manifest), path);
      const exists = path.includes('*') ? files.some(matching(target)) : existing.has(target);
      if (!exists) lines.push(`${manifest}: ${at} points at ${path}, which does not exist`);
    }
  }
  return lines;
}

/** `*` stands for any text, folders included (nodejs.org/api/packages.html#subpath-patterns). */
function matching(target: string): (file: string) => boolean {
  const [before = '', after = ''] = target.split('*');
  return (file) =>
    file.length > before.length + after.length && file.startsWith(before) && file.endsWith(after);
}

/** Whether a file belongs to a project that only tests use, which may be broken on purpose. */
const isFixture = (path: string) => /(?:^|\/)(?:fixtures?|recorded)\//.test(dirname(path) + posix.sep);
