/** The Git server for the apps that build from Git: one repository per app, one commit per deployment. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GitServer, startGitServer } from '../runner/src/job/prepare/testing/git-server.ts';
import { BareRepository } from '../runner/src/job/prepare/testing/repository.ts';
import { APPS } from './plan.ts';
import { sourceOf, type Work } from './workload.ts';

export class Repositories {
  readonly #folder: string;
  readonly #server: GitServer;
  readonly #repositories: ReadonlyMap<string, BareRepository>;
  #commits = 0;

  private constructor(folder: string, server: GitServer) {
    this.#folder = folder;
    this.#server = server;
    this.#repositories = new Map(
      APPS.filter(({ source }) => source === 'git').map(({ name }) => [
        name,
        new BareRepository(folder, fileName(name)),
      ]),
    );
  }

  static async start(): Promise<Repositories> {
    const folder = await mkdtemp(join(tmpdir(), 'appflux-chaos-git-'));
    return new Repositories(folder, await startGitServer(folder));
  }

  urlOf(app: string): string {
    return `${this.#server.url}/${fileName(app)}`;
  }

  /** Commits a work onto a branch and returns the commit's name. */
  commit(app: string, branch: string, work: Work): string {
    const repository = this.#repositories.get(app);
    if (repository === undefined) throw new Error(`${app} is not built from Git`);
    this.#commits += 1;
    return repository.commit(sourceOf(work), { branch, message: `Work ${this.#commits}` });
  }

  async close(): Promise<void> {
    await this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const fileName = (app: string): string => `${app.toLowerCase().replaceAll(' ', '-')}.git`;
