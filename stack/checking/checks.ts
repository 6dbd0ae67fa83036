/** The checks that need no test: format, lint, types, words, shell scripts. Each is a command that must succeed. */
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

/** The rules of dependency-cruiser, and the folders that they are for. */
const IMPORT_RULES = '.dependency-cruiser.mjs';
const LAYERED = ['protocol', 'client', 'detection', 'edge', 'runner', 'cli'].map((part) => `${part}/src`);

/** Folders without sources of ours. */
const NOT_SOURCES = new Set([
  'node_modules',
  '.git',
  '.appflux',
  '.svelte-kit',
  '.wrangler',
  '.temp',
  'dist',
  'build',
]);

/** Every source file of the checkout, by its path in it. */
export async function sourceFiles(root: string, folder = root): Promise<string[]> {
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

/** Whether a file's first line names a shell that shellcheck supports. */
export function isShellScript(firstLine: string): boolean {
  return /^#!\s*\S*\/(?:env\s+)?(?:ba|da|k)?sh\b/.test(firstLine);
}

async function firstLineOf(path: string): Promise<string> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(80), position: 0 });
  return buffer.subarray(0, bytesRead).toString('latin1').split('\n')[0] ?? '';
}

/** Where the compiler keeps what it knows of a part, by the path of the part's tsconfig.json. */
const buildInfoOf = (path: string) =>
  join('node_modules', '.cache', 'appflux', 'types', `${dirname(path).replaceAll('/', '-')}.tsbuildinfo`);

/** The checks of a checkout, according to its files. */
export async function findChecks(root: string): Promise<Check[]> {
  const files = await sourceFiles(root);
  const bin = (name: string) => join(root, 'node_modules', '.bin', name);
  // SvelteKit generates the dashboard's compiler options; the root's are only extended by others. Projects that the tests
  // deploy are other people's: their packages are not installed, and neither are those of the documentation's site.
  const parts = files.filter(
    (path) => path.endsWith('/tsconfig.json') && !/^(?:dashboard|docs-site|e2e\/fixtures)\//.test(path),
  );
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
      // What has not changed since the last run is not checked again.
      args: ['--project', dirname(path), '--incremental', '--tsBuildInfoFile', buildInfoOf(path)],
    })),
    ...(files.includes(IMPORT_RULES)
      ? [{ title: 'imports', command: bin('depcruise'), args: ['--config', IMPORT_RULES, ...LAYERED] }]
      : []),
    ...(scripts.length > 0 ? [{ title: 'shell scripts', command: 'shellcheck', args: scripts }] : []),
  ].filter(
    ({ title }) => title !== 'types of dashboard' || existsSync(join(root, 'dashboard', 'package.json')),
  );
}

/** Generates edge/worker-configuration.d.ts from wrangler.toml. The compiler reads it, so it comes before the other checks. */
export const BINDING_TYPES: Check = {
  title: 'types of the bindings',
  command: 'npm',
  args: ['run', '--silent', 'types'],
};

/** How many checks run in parallel: each uses one processor, and a compiler needs a gigabyte. */
const PARALLEL = 2;

/** Runs the checks in their order, prints the output of failing ones, and counts them as tests. */
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
  await Promise.all(Array.from({ length: PARALLEL }, lane));
  return outcome;
}

/** Runs one check, and prints its output if it fails. */
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
