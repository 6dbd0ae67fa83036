/**
 * Programs for the tests that are built from their sources through Go's module proxy, which checks them against Go's
 * checksum database. They are kept in the checkout's cache.
 */
import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { firstExisting } from '../debian.ts';
import { lastLines, StackProblem } from '../problem.ts';
import type { Task } from '../progress.ts';
import { lentGo, ownGo } from './toolchain.ts';

/** The newest Go that one of the programs asks for in its go.mod: 1.25. */
const GO_MINOR = 25;

export interface GoProgram {
  /** What people call it, such as `An S3 server for the tests`. */
  readonly title: string;
  /** The program's name, on the PATH and in the cache. */
  readonly name: string;
  readonly module: string;
  readonly version: string;
  /** The package in the module, such as `cmd/server`. */
  readonly package: string;
  readonly tags: readonly string[];
  /** Files that its build expects and its release lacks: their paths in the module, and what they hold. */
  readonly files: Readonly<Record<string, string>>;
}

/** What `go mod download -json` says: where the module's tree is. */
const Download = z.object({ Dir: z.string() });

/** Where the program lies once it is built, below the checkout `root`. */
export const programPath = (root: string, { name, version }: GoProgram): string =>
  join(root, 'node_modules/.cache/appflux', `${name}-${version}`);

/** The program: one on the PATH, else the one that was built here, else null. */
export async function findProgram(root: string, program: GoProgram): Promise<string | null> {
  const own = await execa(program.name, ['--version'], { reject: false });
  return own.failed ? firstExisting(programPath(root, program)) : program.name;
}

/**
 * Builds the program unless it is there, and gives its path. From nothing it takes a minute or two.
 * @throws StackProblem `package_missing` when it cannot be built
 */
export async function ensureProgram(root: string, program: GoProgram, task: Task): Promise<string> {
  const found = await findProgram(root, program);
  if (found !== null) return found;
  const work = await mkdtemp(join(tmpdir(), `appflux-${program.name}-`));
  try {
    const own = await ownGo(GO_MINOR);
    if (own === null) task.detail('getting Go');
    const go = own ?? (await lentGo(work));
    task.detail('building it');
    const env = {
      ...go.env,
      CGO_ENABLED: '0',
      GOCACHE: join(work, 'build'),
      GOMODCACHE: join(work, 'modules'),
      // Read-only folders could not be removed again.
      GOFLAGS: '-modcacherw',
    };
    const run = async (cwd: string, args: string[]): Promise<string> => {
      const result = await execa(go.command, args, { cwd, env, reject: false });
      if (!result.failed) return result.stdout;
      throw cannotBuild(program, lastLines(result.stderr), result);
    };
    // Built in the tree of its own release, rather than by `go install`: that asks for the list of all versions too,
    // which not every proxy gives.
    const { Dir: tree } = Download.parse(
      JSON.parse(await run(work, ['mod', 'download', '-json', `${program.module}@${program.version}`])),
    );
    for (const [file, text] of Object.entries(program.files)) await writeFile(join(tree, file), text);
    const built = join(work, program.name);
    const flags = ['-trimpath', '-ldflags=-s -w', `-tags=${program.tags.join(',')}`, '-o', built];
    await run(tree, ['build', ...flags, `./${program.package}`]);
    const path = programPath(root, program);
    await mkdir(join(path, '..'), { recursive: true });
    // A copy that breaks off must not pass for the program.
    await copyFile(built, `${path}.part`);
    await rename(`${path}.part`, path);
    return path;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const cannotBuild = (program: GoProgram, reason: string, cause: unknown) =>
  new StackProblem(
    'package_missing',
    `${program.title} could not be built (${reason})`,
    `check that this machine reaches its Go module proxy (go env GOPROXY), or put a ${program.name} on the PATH, then try again`,
    { cause },
  );
