/** The checks that need no test: format, lint, types, shell scripts. Each is a command that must end well. */
import { existsSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { execa } from 'execa';
import { environmentOfOwn } from '../npm.ts';
import type { Progress } from '../progress.ts';
import { NOTHING, type Outcome } from '../testing/verdict.ts';

export interface Check {
  readonly title: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** Folders that are nobody's sources. */
const NOT_SOURCES = new Set([
  'node_modules',
  '.git',
  '.appflux',
  '.svelte-kit',
  '.wrangler',
  'dist',
  'build',
]);

/** Every file of the checkout that somebody wrote, by its path in it. */
async function sourceFiles(root: string, folder = root): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory() && !NOT_SOURCES.has(entry.name)) {
      files.push(...(await sourceFiles(root, join(folder, entry.name))));
    } else if (entry.isFile()) {
      files.push(relative(root, join(folder, entry.name)));
    }
  }
  return files.sort();
}

/** Whether a file's first line names a shell that shellcheck knows. */
export function isShellScript(firstLine: string): boolean {
  return /^#!\s*\S*\/(?:env\s+)?(?:ba|da|k)?sh\b/.test(firstLine);
}

async function firstLineOf(path: string): Promise<string> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(80), position: 0 });
  return buffer.subarray(0, bytesRead).toString('latin1').split('\n')[0] ?? '';
}

/** The checks of a checkout: what is in it decides. */
export async function findChecks(root: string): Promise<Check[]> {
  const files = await sourceFiles(root);
  const bin = (name: string) => join(root, 'node_modules', '.bin', name);
  // The dashboard's own compiler options are made by SvelteKit; the root's are for others to extend.
  const parts = files.filter((path) => path.endsWith('/tsconfig.json') && !path.startsWith('dashboard/'));
  const scripts: string[] = [];
  for (const path of files) {
    if (
      !/\.(?:ts|mjs|svelte|json|md|svg|png)$/.test(path) &&
      isShellScript(await firstLineOf(join(root, path)))
    ) {
      scripts.push(path);
    }
  }
  return [
    { title: 'format and lint', command: bin('biome'), args: ['check', '--error-on-warnings', '.'] },
    { title: 'types of dashboard', command: 'npm', args: ['run', 'check', '--workspace', 'dashboard'] },
    ...parts.map((path) => ({
      title: `types of ${dirname(path)}`,
      command: bin('tsc'),
      args: ['--project', dirname(path)],
    })),
    ...(scripts.length > 0 ? [{ title: 'shell scripts', command: 'shellcheck', args: scripts }] : []),
  ].filter(
    ({ title }) => title !== 'types of dashboard' || existsSync(join(root, 'dashboard', 'package.json')),
  );
}

/** How many checks run beside each other: each is one processor's work, and a compiler wants a gigabyte. */
const AT_ONCE = 2;

/** Runs the checks, begun in their order, says what the failing ones say, and counts them as tests. */
export async function runChecks(
  checks: readonly Check[],
  root: string,
  progress: Progress,
): Promise<Outcome> {
  const outcome = structuredClone(NOTHING);
  const waiting = [...checks];
  const lane = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      outcome[(await passes(check, root, progress)) ? 'passed' : 'failed'] += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return outcome;
}

/** Runs one check, and says what it says when it fails. */
async function passes({ title, command, args }: Check, root: string, progress: Progress): Promise<boolean> {
  const task = progress.task(`Checking: ${title}`);
  const result = await execa(command, args, {
    cwd: root,
    env: {
      ...environmentOfOwn(process.env),
      PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
    },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  if (result.failed) {
    task.failed();
    progress.say(result.all || (result.shortMessage ?? ''));
  } else task.done();
  return !result.failed;
}
