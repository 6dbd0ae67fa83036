/** Makes real repositories for tests. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const ENVIRONMENT = {
  PATH: process.env.PATH,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
  GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
};

/** An entry of a tree: a file's text, or what stands in the tree in its place. */
export type TreeEntry =
  | string
  | { readonly mode: '100644' | '100755' | '120000'; readonly text: string }
  | { readonly mode: '160000'; readonly commit: string }
  | { readonly mode: '040000'; readonly tree: string };

/**
 * A bare repository. Trees are written with `git mktree`, object by object: what `git add` would refuse, such
 * as a file called `.git`, can be in them.
 */
export class BareRepository {
  readonly path: string;

  constructor(folder: string, name: string, format: 'sha1' | 'sha256' = 'sha1') {
    this.path = join(folder, name);
    mkdirSync(this.path, { recursive: true });
    this.git(['init', '--quiet', '--bare', '--initial-branch=main', `--object-format=${format}`]);
  }

  git(args: readonly string[], input = ''): string {
    return execFileSync('git', args, {
      cwd: this.path,
      env: ENVIRONMENT,
      input,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  }

  /** Writes a tree with these names; a name with a slash stands in folders of its own. */
  tree(entries: Readonly<Record<string, TreeEntry>>): string {
    const here: string[] = [];
    const below = new Map<string, Record<string, TreeEntry>>();
    for (const [path, entry] of Object.entries(entries)) {
      const slash = path.indexOf('/');
      if (slash === -1) here.push(this.#line(path, entry));
      else {
        const folder = path.slice(0, slash);
        below.set(folder, { ...below.get(folder), [path.slice(slash + 1)]: entry });
      }
    }
    for (const [folder, inside] of below) here.push(`040000 tree ${this.tree(inside)}\t${folder}`);
    return this.git(['mktree', '-z', '--missing'], here.map((line) => `${line}\0`).join(''));
  }

  /** Commits a tree onto a branch and gives the commit's name. */
  commit(
    entries: Readonly<Record<string, TreeEntry>>,
    options: { branch?: string; message?: string } = {},
  ): string {
    const { branch = 'main', message = 'First' } = options;
    return this.commitTree(this.tree(entries), branch, message);
  }

  commitTree(tree: string, branch = 'main', message = 'First'): string {
    const ref = `refs/heads/${branch}`;
    const parent = this.git(['for-each-ref', '--format=%(objectname)', ref]);
    const id = this.git(['commit-tree', tree, ...(parent === '' ? [] : ['-p', parent])], message);
    this.git(['update-ref', ref, id]);
    return id;
  }

  #line(name: string, entry: TreeEntry): string {
    if (typeof entry === 'string') return `100644 blob ${this.#blob(entry)}\t${name}`;
    if (entry.mode === '160000') return `160000 commit ${entry.commit}\t${name}`;
    if (entry.mode === '040000') return `040000 tree ${entry.tree}\t${name}`;
    return `${entry.mode} blob ${this.#blob(entry.text)}\t${name}`;
  }

  #blob(text: string): string {
    return this.git(['hash-object', '-w', '--stdin'], text);
  }
}
