/**
 * Programs for the tests that are built from source through Go's module proxy, which checks them against Go's
 * checksum database. They are in the user's cache, where an installation of the packages does not remove them and
 * other checkouts find them: building them takes minutes of processor time.
 */
import { copyFile, cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { firstExisting } from '../debian.ts';
import { lastLines, StackProblem } from '../problem.ts';
import type { Task } from '../progress.ts';
import type { GoBuilder } from './builder.ts';

export interface GoProgram {
  /** A title for people, such as `An S3 server for the tests`. */
  readonly title: string;
  /** The program's name, on the PATH and in the cache. */
  readonly name: string;
  readonly module: string;
  readonly version: string;
  /** The package in the module, such as `cmd/server`. */
  readonly package: string;
  readonly tags: readonly string[];
  /** Files that its build expects and its release lacks: their paths in the module, and their content. */
  readonly files: Readonly<Record<string, string>>;
  /** Whether parts of it are in C, so that its build needs a C compiler. */
  readonly cgo?: boolean;
  /** Folders of the module that it reads when it runs; they are copied into `dataPath`. */
  readonly data?: readonly string[];
}

/** The output of `go mod download -json`: where the module's tree is. */
const Download = z.object({ Dir: z.string() });

/** Where a built program is stored: in the cache folder of the XDG Base Directory Specification. */
export function programPath({ name, version }: GoProgram, env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'appflux', `${name}-${version}`);
}

/** Where the data of a built program is stored: beside it. */
export const dataPath = (program: GoProgram): string => `${programPath(program)}-data`;

/** The program: one on the PATH, else the one that was built here, else null. */
export async function findProgram(program: GoProgram): Promise<string | null> {
  const own = await execa(program.name, ['--version'], { reject: false });
  return own.failed ? firstExisting(programPath(program)) : program.name;
}

/**
 * Builds the program unless it exists, and returns its path. A first build takes a minute or two.
 * @throws StackProblem `package_missing` if it cannot be built
 */
export async function ensureProgram(program: GoProgram, builder: GoBuilder, task: Task): Promise<string> {
  const found = await findProgram(program);
  if (found !== null) return found;
  const go = await builder.go(task);
  task.detail('building it');
  const run = async (cwd: string, args: string[]): Promise<string> => {
    const env = program.cgo ? { ...go.env, CGO_ENABLED: '1' } : go.env;
    const result = await execa(go.command, args, { cwd, env, reject: false });
    if (!result.failed) return result.stdout;
    throw cannotBuild(program, lastLines(result.stderr), result);
  };
  // Built in the tree of its own release, not by `go install`, which also requests the list of all versions. Not
  // every proxy has that.
  const { Dir: tree } = Download.parse(
    JSON.parse(
      await run(builder.folder, ['mod', 'download', '-json', `${program.module}@${program.version}`]),
    ),
  );
  for (const [file, text] of Object.entries(program.files)) await writeFile(join(tree, file), text);
  const built = join(builder.folder, program.name);
  const flags = ['-trimpath', '-ldflags=-s -w', `-tags=${program.tags.join(',')}`, '-o', built];
  await run(tree, ['build', ...flags, `./${program.package}`]);
  const path = programPath(program);
  await mkdir(dirname(path), { recursive: true });
  await storeData(program, tree);
  // An interrupted copy must not be taken for the program, nor collide with that of another checkout.
  const part = `${path}.${process.pid}.part`;
  await copyFile(built, part);
  await rename(part, path);
  return path;
}

/** Copies the program's data before the program itself, so that a program that is found has its data. */
async function storeData(program: GoProgram, tree: string): Promise<void> {
  if (program.data === undefined) return;
  const path = dataPath(program);
  const part = `${path}.${process.pid}.part`;
  for (const folder of program.data) await cp(join(tree, folder), join(part, folder), { recursive: true });
  await rm(path, { recursive: true, force: true });
  await rename(part, path);
}

const cannotBuild = (program: GoProgram, reason: string, cause: unknown) =>
  new StackProblem(
    'package_missing',
    `${program.title} could not be built (${reason})`,
    `check that this machine reaches its Go module proxy (go env GOPROXY), or put a ${program.name} on the PATH, then try again`,
    { cause },
  );
