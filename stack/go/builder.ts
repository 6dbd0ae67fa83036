/** Where programs are built with Go: one toolchain and one build cache for all of them, downloaded on demand. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Task } from '../progress.ts';
import { downloadedGo, type Go, installedGo } from './toolchain.ts';

/**
 * The Go version that the programs require in their go.mod: 1.25, but for Gitea. Go downloads what that requires by itself
 * unless it may not; then the tests of Git hosts are skipped, and the others run.
 */
const GO_MINOR = 25;

export class GoBuilder implements AsyncDisposable {
  readonly folder: string;
  #go: Promise<Go> | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Opens one in a temporary folder of its own, which is removed when it is disposed of. */
  static async open(): Promise<GoBuilder> {
    return new GoBuilder(await mkdtemp(join(tmpdir(), 'appflux-go-')));
  }

  /**
   * The machine's own Go, or one from its distribution, with the folders that it writes to.
   * @throws StackProblem `package_missing`
   */
  go(task: Task): Promise<Go> {
    this.#go ??= this.#find(task);
    return this.#go;
  }

  async #find(task: Task): Promise<Go> {
    const own = await installedGo(GO_MINOR);
    if (own === null) task.detail('getting Go');
    const { command, env } = own ?? (await downloadedGo(this.folder));
    const folders = {
      CGO_ENABLED: '0',
      GOCACHE: join(this.folder, 'build'),
      GOMODCACHE: join(this.folder, 'modules'),
      // Read-only folders could not be removed again.
      GOFLAGS: '-modcacherw',
    };
    return { command, env: { ...env, ...folders } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
