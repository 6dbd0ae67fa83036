/**
 * The format of a state folder, and the version that last opened it. An older program refuses a newer state by name
 * before it changes anything; a newer one migrates an older state in place.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import manifest from './package.json' with { type: 'json' };
import { StackProblem } from './problem.ts';
import { lockState } from './state.ts';

/** The name of the mark in a state folder. */
export const MARK = 'state.json';

/** A version of AppFlux. */
const Version = z.object({
  version: z.string(),
  /** Null where it doesn't run from a git clone. */
  commit: z.string().nullable().default(null),
});
export type Version = z.infer<typeof Version>;

/** Later versions may add members. */
const Mark = Version.extend({ format: z.int().min(1) });
export type Mark = z.infer<typeof Mark>;

/** Changes a state folder from one format to the next. */
export interface Step {
  readonly what: string;
  /** Also completes what an interrupted run has begun. */
  migrate(state: string): Promise<void>;
}

/**
 * The first step leads from format 1 to 2. Format 1 is that of every state without a mark, from the first version on.
 * Databases have migrations of their own (edge/migrations).
 */
const STEPS: readonly Step[] = [];

/** The format that follows a list of steps. */
export const formatAfter = (steps: readonly Step[]): number => 1 + steps.length;

/** The format that this program writes. */
export const FORMAT = formatAfter(STEPS);

/** A version as people name it. */
export const versionText = ({ version, commit }: Version): string =>
  commit === null ? `AppFlux ${version}` : `AppFlux ${version} (commit ${commit.slice(0, 7)})`;

/** The version of the program in a checkout. */
export async function programVersion(root: string): Promise<Version> {
  // A service runs as another user than the owner of the checkout, which git refuses unless it is named.
  const { stdout, failed } = await execa('git', ['-c', `safe.directory=${root}`, 'rev-parse', 'HEAD'], {
    cwd: root,
    reject: false,
    stdin: 'ignore',
  });
  return { version: manifest.version, commit: failed ? null : stdout.trim() };
}

/** Reads a mark. @throws StackProblem `state_unusable` */
export function parseMark(text: string, path: string): Mark {
  try {
    return Mark.parse(JSON.parse(text));
  } catch (cause) {
    throw new StackProblem(
      'state_unusable',
      `${path} is damaged`,
      'restore it from a backup, or remove it if no newer version has used this state folder',
      { cause },
    );
  }
}

/** The mark of a state folder; null if no version that writes one has opened it. @throws StackProblem `state_unusable` */
export async function readMark(state: string): Promise<Mark | null> {
  const path = join(state, MARK);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
  return parseMark(text, path);
}

/**
 * Refuses what a newer version wrote. `what` is the subject of the message, such as `The state folder /srv/appflux`.
 * @throws StackProblem `state_newer`
 */
export function refuseNewer(mark: Mark | null, what: string, own: Version, format = FORMAT): void {
  if (mark === null || mark.format <= format) return;
  throw new StackProblem(
    'state_newer',
    `${what} was written by ${versionText(mark)} in format ${mark.format}, and this is ${versionText(own)}, which reads formats up to ${format}`,
    'use that version or a later one, or restore a backup of this version into another APPFLUX_STATE',
  );
}

/**
 * Locks a state folder and brings it to the format of this program. A newer state is refused before anything is changed.
 * @returns what unlocks the folder
 * @throws StackProblem `state_newer`, `state_in_use` or `state_unusable`
 */
export async function openState(state: string, root: string, steps = STEPS): Promise<() => void> {
  const own = await programVersion(root);
  const refuse = async () => {
    const mark = await readMark(state);
    refuseNewer(mark, `The state folder ${state}`, own, formatAfter(steps));
    return mark;
  };
  await refuse();
  const unlock = await lockState(state);
  try {
    // Another process may have migrated it in between.
    let format = (await refuse())?.format ?? 1;
    for (const { migrate } of steps.slice(format - 1)) {
      await migrate(state);
      format += 1;
      await writeMark(state, { ...own, format });
    }
    await writeMark(state, { ...own, format });
    return unlock;
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Replaces the file whole, so that no program reads half of it. */
async function writeMark(state: string, mark: Mark): Promise<void> {
  const path = join(state, MARK);
  const aside = `${path}.${process.pid}`;
  await writeFile(aside, `${JSON.stringify(mark, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(aside, path);
}
