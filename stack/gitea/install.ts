/** A Git host for the tests: Gitea, on SQLite and without its web frontend, which a Go module doesn't have. */
import { existsSync } from 'node:fs';
import type { GoBuilder } from '../go/builder.ts';
import { dataPath, ensureProgram, findProgram, type GoProgram } from '../go/program.ts';
import type { Task } from '../progress.ts';

const GITEA: GoProgram = {
  title: 'A Git host for the tests',
  name: 'gitea',
  module: 'code.gitea.io/gitea',
  version: 'v1.26.0',
  package: '',
  tags: ['sqlite', 'sqlite_unlock_notify'],
  files: {},
  cgo: true,
  data: ['options', 'templates'],
};

export interface GiteaProgram {
  readonly path: string;
  /** Where its options and templates are; null of one that has them inside. */
  readonly data: string | null;
}

/** The host's program: one on the PATH, else the one that was built here, else null. */
export async function findGitea(): Promise<GiteaProgram | null> {
  const path = await findProgram(GITEA);
  if (path === null) return null;
  const data = dataPath(GITEA);
  return { path, data: path === GITEA.name || !existsSync(data) ? null : data };
}

/** Builds the host unless it exists, and returns its path. */
export const ensureGitea = (builder: GoBuilder, task: Task): Promise<string> =>
  ensureProgram(GITEA, builder, task);
