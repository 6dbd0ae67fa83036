/** A work tree whose repository is at a Git host of the tests. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Gitea, GiteaUser } from '../../stack/gitea/serve.ts';

export class WorkTree {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Creates a private repository of the host's owner, and below `within` a work tree that pushes to it. */
  static async create(gitea: Gitea, within: string, name: string): Promise<WorkTree> {
    await gitea.api('POST', '/user/repos', { name, private: true, default_branch: 'main' });
    const tree = new WorkTree(join(within, name));
    await execa('git', ['init', '--quiet', '--initial-branch=main', tree.#folder]);
    await tree.pushTo(gitea, gitea.owner, name);
    return tree;
  }

  /** Pushes from now on as `user`, to their repository of this name. */
  async pushTo(gitea: Gitea, user: GiteaUser, name: string): Promise<void> {
    const url = new URL(`${gitea.url}/${user.name}/${name}.git`);
    url.username = user.name;
    url.password = user.password;
    await this.git('config', 'remote.origin.url', url.href);
  }

  /** Runs Git in it, and gives what it prints. */
  async git(...args: string[]): Promise<string> {
    const identity = ['-c', 'user.name=Owner', '-c', 'user.email=owner@example.com'];
    const { stdout } = await execa('git', [...identity, ...args], { cwd: this.#folder });
    return stdout;
  }

  /** Commits a site that shows `text`, pushes it to `branch`, and gives the commit. */
  async push(branch: string, text: string, message = `Show ${text}`): Promise<string> {
    await this.git('checkout', '--quiet', '-B', branch);
    const files = {
      'appflux.json': JSON.stringify({
        installCommand: 'true',
        buildCommand: 'mkdir -p dist && cp index.html dist/',
        outputs: ['dist'],
      }),
      'package.json': JSON.stringify({ name: 'site', version: '1.0.0', private: true }),
      'index.html': `<title>${text}</title>`,
    };
    for (const [path, content] of Object.entries(files)) {
      await writeFile(join(this.#folder, path), content);
    }
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--message', message);
    await this.git('push', '--quiet', '--force', 'origin', branch);
    return this.git('rev-parse', 'HEAD');
  }
}
