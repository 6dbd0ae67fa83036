/** The link of a folder to its app: `.appflux/project.json`. It has no secret, and can be committed. */
import { access } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Slug } from '@appflux/protocol';
import { z } from 'zod';
import { instanceUrl } from './instance-url.ts';
import { isMissing, readJson, writeJson } from './json-file.ts';

export const PROJECT_FILE = join('.appflux', 'project.json');

const Project = z.object({ url: z.string().transform(instanceUrl), app: Slug });
export type Project = z.infer<typeof Project>;

export interface LinkedProject extends Project {
  /** The folder that has the link. */
  readonly folder: string;
}

/**
 * The link of a folder, or of the closest folder above it, up to the top of its Git repository.
 * @throws CliProblem `usage` if a link is damaged
 */
export async function findProject(from: string): Promise<LinkedProject | null> {
  let folder = resolve(from);
  for (;;) {
    const project = await readJson(Project, join(folder, PROJECT_FILE));
    if (project !== null) return { ...project, folder };
    const above = dirname(folder);
    if (above === folder || (await exists(join(folder, '.git')))) return null;
    folder = above;
  }
}

/** Links a folder. */
export const writeProject = (folder: string, project: Project): Promise<void> =>
  writeJson(join(folder, PROJECT_FILE), project);

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
