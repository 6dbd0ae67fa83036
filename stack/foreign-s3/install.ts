/**
 * An S3 server that is not Cloudflare's, for the tests of storage: versitygw, a gateway from S3 to a folder. It is
 * built from its source through Go's module proxy, which checks it against Go's checksum database.
 */
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { firstExisting } from '../debian.ts';
import { lastLines, StackProblem } from '../problem.ts';
import type { Task } from '../progress.ts';
import { lentGo, ownGo } from './go.ts';

const VERSION = 'v1.8.0';
const MODULE = `github.com/versity/versitygw/cmd/versitygw@${VERSION}`;
/** What its go.mod asks for: Go 1.25. */
const GO_MINOR = 25;

/** Where the server's program lies once it is built, below the checkout `root`. */
export const programPath = (root: string): string =>
  join(root, 'node_modules/.cache/appflux', `versitygw-${VERSION}`);

/** The server's program: one on the PATH, else the one that was built here, else null. */
export async function findForeignS3(root: string): Promise<string | null> {
  const own = await execa('versitygw', ['--version'], { reject: false });
  return own.failed ? firstExisting(programPath(root)) : 'versitygw';
}

/**
 * Builds the server unless it is there, and gives its program. From nothing it takes a minute or two.
 * @throws StackProblem `package_missing` when it cannot be built
 */
export async function ensureForeignS3(root: string, task: Task): Promise<string> {
  const found = await findForeignS3(root);
  if (found !== null) return found;
  const work = await mkdtemp(join(tmpdir(), 'appflux-s3-'));
  try {
    const own = await ownGo(GO_MINOR);
    if (own === null) task.detail('getting Go');
    const go = own ?? (await lentGo(work));
    task.detail('building it');
    const build = await execa(go.command, ['install', '-trimpath', '-ldflags=-s -w', MODULE], {
      cwd: work,
      reject: false,
      env: {
        ...go.env,
        CGO_ENABLED: '0',
        GOBIN: join(work, 'bin'),
        GOCACHE: join(work, 'build'),
        GOMODCACHE: join(work, 'modules'),
        // Read-only folders could not be removed again.
        GOFLAGS: '-modcacherw',
      },
    });
    if (build.failed) {
      throw new StackProblem(
        'package_missing',
        `An S3 server for the tests could not be built (${lastLines(build.stderr)})`,
        'check that this machine reaches its Go module proxy (go env GOPROXY), then try again',
        { cause: build },
      );
    }
    const program = programPath(root);
    await mkdir(join(program, '..'), { recursive: true });
    // A copy that breaks off must not pass for the program.
    await copyFile(join(work, 'bin/versitygw'), `${program}.part`);
    await rename(`${program}.part`, program);
    return program;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
