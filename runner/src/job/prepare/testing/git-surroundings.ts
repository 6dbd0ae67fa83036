/** What a test of Git sources needs: surroundings of a step, and a server with a folder for its repositories. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobSource } from '@appflux/protocol';
import { type GitServer, startGitServer } from './git-server.ts';
import { surroundings, type TestSurroundings } from './surroundings.ts';

export interface GitSurroundings {
  readonly around: TestSurroundings;
  /** Where the server's repositories lie. */
  readonly repos: string;
  readonly server: GitServer;
}

/** Starts a server with no repository. The caller closes it and removes its folders. */
export async function gitSurroundings(): Promise<GitSurroundings> {
  const around = await surroundings();
  const repos = join(around.folder, 'repos');
  await mkdir(repos);
  return { around, repos, server: await startGitServer(repos) };
}

type GitSource = Extract<JobSource, { kind: 'git' }>;

/** The branch main of the server's app.git, with some of it changed. */
export const gitSource = (server: GitServer, change: Partial<GitSource> = {}): GitSource => ({
  kind: 'git',
  repoUrl: `${server.url}/app.git`,
  branch: 'main',
  commit: null,
  token: null,
  rootDirectory: './',
  ...change,
});
