/** The failure when outputs are missing. */

import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { listed } from '@appflux/protocol';
import { own, say } from '../../masking/sentence.ts';
import { JobFailure } from '../../step-context.ts';
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

/**
 * The failure of a build whose outputs were looked for and not found, with what there is instead.
 * @param empty those outputs that exist but hold no file.
 */
export async function noArtifact(
  root: string,
  outputs: readonly string[],
  empty: readonly string[],
): Promise<JobFailure> {
  if (outputs.length === 0)
    return new JobFailure('no_artifact', own('No outputs are set, so there is nothing to collect.'));
  const wanted = outputs.map((output) => output.replace(/\/+$/, ''));
  const made: string[] = [];
  for (const name of new Set([...USUAL, ...(await foldersWithPage(root))])) {
    if (wanted.includes(name) || !(await isFolder(join(root, name)))) continue;
    if (await exists(join(root, name, 'index.html'))) made.unshift(name);
    else made.push(name);
  }
  const named = `outputs is set to ${listed(wanted, 8)}`;
  const [first] = made;
  if (empty.length > 0) {
    return new JobFailure(
      'no_artifact',
      say`The build succeeded, but ${listed(empty)} ${empty.length === 1 ? 'is' : 'are'} empty.`,
    );
  }
  if (first === undefined) {
    return new JobFailure(
      'no_artifact',
      say`The build succeeded but created none of the outputs. Looked for ${listed(wanted, 8)}.`,
    );
  }
  return new JobFailure('no_artifact', say`The build created ${listed(made)}, but ${named}.`, {
    hint: say`If "${first}" is the result of the build, set outputs to it in the app or in appflux.json.`,
  });
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
