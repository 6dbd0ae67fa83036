/** The failure when outputs are missing. */

import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { listed } from '@appflux/protocol';
import { own, say } from '../../masking/sentence.ts';
import { JobFailure } from '../../step-context.ts';
import type { Folders } from './made-site.ts';
import { isFolder } from './walk.ts';

/** Where builds usually write. */
const USUAL = [
  'dist',
  'build',
  'out',
  'public',
  'www',
  '_site',
  'site',
  '.output/public',
  'build/client',
  'dist/client',
  'storybook-static',
];

export interface Missing {
  readonly root: string;
  /** What was looked for. */
  readonly outputs: readonly string[];
  /** Those outputs that exist but hold no file. */
  readonly empty: readonly string[];
  /** The folders before the build, where no setting names the outputs. */
  readonly before: Folders | null;
}

/** The failure of a build whose outputs were looked for and not found, with what there is instead. */
export async function noArtifact({ root, outputs, empty, before }: Missing): Promise<JobFailure> {
  if (outputs.length === 0)
    return new JobFailure('no_artifact', own('No outputs are set, so there is nothing to collect.'));
  if (empty.length > 0) {
    return new JobFailure(
      'no_artifact',
      say`The build succeeded, but ${listed(empty)} ${empty.length === 1 ? 'is' : 'are'} empty.`,
    );
  }
  const wanted = outputs.map((output) => output.replace(/\/+$/, ''));
  const found = await otherFolders(root, wanted);
  const made = found.filter((name) => before?.has(name) !== true);
  const [first = found[0]] = made;
  const hint =
    first === undefined
      ? {}
      : {
          hint: say`If "${first}" is the result of the build, set outputs to it in the app or in appflux.json.`,
        };
  if (made.length === 0) {
    return new JobFailure(
      'no_artifact',
      say`The build succeeded but created none of the outputs. Looked for ${listed(wanted, 8)}.`,
      hint,
    );
  }
  const but = before === null ? say`but outputs is set to ` : say`but none of `;
  return new JobFailure(
    'no_artifact',
    say`The build created ${listed(made)}, ${but}${listed(wanted, 8)}.`,
    hint,
  );
}

/** Folders where builds usually write, and others at the top that have a start page; these come first. */
async function otherFolders(root: string, wanted: readonly string[]): Promise<string[]> {
  const pages: string[] = [];
  const others: string[] = [];
  for (const name of new Set([...USUAL, ...(await foldersWithPage(root))])) {
    if (wanted.includes(name) || !(await isFolder(join(root, name)))) continue;
    ((await exists(join(root, name, 'index.html'))) ? pages : others).push(name);
  }
  return [...pages, ...others];
}

/** As many folders as are looked into. */
const MAX_FOLDERS = 200;

/** The folders at the top that have a start page, whatever they are called. */
async function foldersWithPage(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map(({ name }) => name)
    .sort()
    .slice(0, MAX_FOLDERS);
  const found: string[] = [];
  for (const name of names) if (await exists(join(root, name, 'index.html'))) found.push(name);
  return found;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    // Whatever the reason: only a guess for a hint depends on it.
    () => false,
  );
