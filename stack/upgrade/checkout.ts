/** The git clone that an instance runs from. */
import { execa } from 'execa';
import { lastLines, StackProblem } from '../problem.ts';
import { newestTag } from './target.ts';

/** What was checked out. */
export interface Position {
  readonly commit: string;
  /** Null where no branch is checked out. */
  readonly branch: string | null;
}

export interface Target {
  readonly commit: string;
  /** As people name it. */
  readonly name: string;
  /** Whether the current branch follows it. */
  readonly isUpstream: boolean;
}

export class Checkout {
  readonly root: string;
  readonly #remote: string;

  private constructor(root: string, remote: string) {
    this.root = root;
    this.#remote = remote;
  }

  /** Opens the clone at `root`. @throws StackProblem `upgrade_refused` */
  static async open(root: string, { mayHaveChanges = false } = {}): Promise<Checkout> {
    const top = await git(root, ['rev-parse', '--show-toplevel']).catch(() => '');
    if (top !== root) {
      throw new StackProblem(
        'upgrade_refused',
        `${root} is not a git clone`,
        'clone AppFlux with git, and start the clone with the same APPFLUX_STATE',
      );
    }
    const changes = await git(root, ['status', '--porcelain', '--untracked-files=no']);
    if (changes !== '' && !mayHaveChanges) {
      throw new StackProblem(
        'upgrade_refused',
        `${root} has changes that are not committed (${lastLines(changes)})`,
        'commit them, or undo them with "git stash"',
      );
    }
    const remotes = (await git(root, ['remote'])).split('\n').filter((name) => name !== '');
    const remote = remotes.includes('origin') ? 'origin' : remotes[0];
    if (remote === undefined) {
      throw new StackProblem(
        'upgrade_refused',
        `${root} has no remote to get a new version from`,
        'add it with "git remote add origin URL"',
      );
    }
    return new Checkout(root, remote);
  }

  /** Fetches from the remote. @throws StackProblem `upgrade_refused` */
  async fetch(): Promise<void> {
    await git(this.root, ['fetch', '--quiet', '--tags', '--force', this.#remote]);
  }

  async position(): Promise<Position> {
    const branch = await this.#find(['symbolic-ref', '--quiet', '--short', 'HEAD']);
    return { commit: await git(this.root, ['rev-parse', 'HEAD']), branch };
  }

  /**
   * The version to upgrade to: `to`, or the newest tag, or the remote's main branch.
   * @throws StackProblem `upgrade_refused`
   */
  async target(to: string | null): Promise<Target> {
    const { branch } = await this.position();
    const isUpstream = (ref: string) => ref === `${this.#remote}/${branch}`;
    const tag = newestTag((await git(this.root, ['tag', '--list'])).split('\n'));
    const main = `${this.#remote}/${(await this.#mainBranch()) ?? 'main'}`;
    // A remote's branch is newer than the local one of the same name.
    const candidates = to === null ? [tag ?? main] : [`${this.#remote}/${to}`, to];
    for (const name of candidates) {
      const commit = await this.#find(['rev-parse', '--verify', '--quiet', `${name}^{commit}`]);
      if (commit !== null) return { commit, name, isUpstream: isUpstream(name) };
    }
    throw new StackProblem(
      'upgrade_refused',
      `${this.#remote} has no branch, tag or commit ${to ?? main}`,
      'name an existing one with --to REF',
    );
  }

  /** Whether a commit is part of the history of another. */
  async contains(commit: string, ancestor: string): Promise<boolean> {
    return (await this.#find(['merge-base', '--is-ancestor', ancestor, commit])) !== null;
  }

  /** The text of a file of a commit; null if it isn't there. */
  async fileOf(commit: string, path: string): Promise<string | null> {
    return this.#find(['show', `${commit}:${path}`]);
  }

  /** Writes all files of a commit as a tar archive. */
  async archive(commit: string, into: string): Promise<void> {
    await git(this.root, ['archive', '--format=tar', `--output=${into}`, commit]);
  }

  /** Checks out a version. The branch moves along if it follows that version. */
  async switchTo({ commit, isUpstream }: Target): Promise<void> {
    const follows = isUpstream && (await this.contains(commit, 'HEAD'));
    await git(
      this.root,
      follows ? ['merge', '--quiet', '--ff-only', commit] : ['checkout', '--quiet', '--detach', commit],
    );
  }

  /** Checks out what was checked out before. */
  async switchBack({ commit, branch }: Position): Promise<void> {
    if (branch !== null && (await this.position()).branch === branch)
      await git(this.root, ['reset', '--quiet', '--keep', commit]);
    else
      await git(this.root, ['checkout', '--quiet', ...(branch === null ? ['--detach', commit] : [branch])]);
  }

  /** The same after a switch that was killed: what it has written of the other version is overwritten. */
  async forceBack({ commit, branch }: Position): Promise<void> {
    await git(this.root, [
      'checkout',
      '--quiet',
      '--force',
      ...(branch === null ? ['--detach', commit] : [branch]),
    ]);
    await git(this.root, ['reset', '--quiet', '--hard', commit]);
  }

  async #mainBranch(): Promise<string | null> {
    const head = await this.#find([
      'symbolic-ref',
      '--quiet',
      '--short',
      `refs/remotes/${this.#remote}/HEAD`,
    ]);
    return head === null ? null : head.slice(this.#remote.length + 1);
  }

  /** The output of a git command; null where its exit code says that there is nothing. */
  async #find(args: readonly string[]): Promise<string | null> {
    const { stdout, failed } = await run(this.root, args);
    return failed ? null : stdout;
  }
}

/** @throws StackProblem `upgrade_refused` with the end of git's output */
async function git(root: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr, failed, shortMessage } = await run(root, args);
  if (!failed) return stdout;
  throw new StackProblem(
    'upgrade_refused',
    `"git ${args.join(' ')}" failed (${lastLines(stderr) || shortMessage})`,
    `run it in ${root} to see why`,
  );
}

// root upgrades a service whose checkout may belong to another user, which git refuses unless it is named.
const run = (root: string, args: readonly string[]) =>
  execa('git', ['-c', `safe.directory=${root}`, ...args], { cwd: root, stdin: 'inherit', reject: false });
