/** The signatures of the runner's own clamd: where they come from, and how they are kept fresh. */
import { constants } from 'node:fs';
import { chown, copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Journal } from '../journal.ts';
import { TEST_DATABASE } from './test-file.ts';
import type { User } from './user.ts';

/** What clamd loads from its database folder (libclamav's cli_strbcasestr list, in so far as anybody has them). */
const DATABASE =
  /\.(?:cvd|cld|cud|ndb|ndu|ldb|ldu|hdb|hdu|hsb|hsu|mdb|mdu|msb|msu|db|fp|sfp|cbc|yar|yara|pdb|gdb|wdb|ftm|ign|ign2|cdb|crb|idb|cfg)$/i;

/** A download of everything over a slow line takes long; more than this, and it hangs. */
const UPDATE_TIMEOUT_MS = 30 * 60_000;

/** Whether a folder holds signatures besides our own for the test file. A folder that is not there holds none. */
export async function holdsSignatures(folder: string): Promise<boolean> {
  return (await signatureFiles(folder)).length > 0;
}

/** Copies another folder's signatures, such as those that the host's own ClamAV has: they need not be fetched again. */
export async function copySignatures(from: string, to: string, user: User): Promise<number> {
  const names = await signatureFiles(from);
  for (const name of names) {
    const path = join(to, name);
    await copyFile(join(from, name), path, constants.COPYFILE_FICLONE);
    if (user.ids !== null) await chown(path, user.ids.uid, user.ids.gid);
  }
  return names.length;
}

/** The names of a folder's signature files, without our own for the test file. */
export async function signatureFiles(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => DATABASE.test(name) && name !== TEST_DATABASE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

export interface UpdateInput {
  readonly freshclam: string;
  /** The host's own freshclam.conf: it knows the mirror. */
  readonly config: string;
  /** The folder of the managed clamd, with `db` in it. */
  readonly folder: string;
  readonly user: User;
  readonly journal: Journal;
  readonly signal: AbortSignal;
}

/** Runs freshclam once. Gives whether it ended well; why not is in the journal. */
export async function updateSignatures(input: UpdateInput): Promise<boolean> {
  const { freshclam, config, folder, user, journal, signal } = input;
  const result = await execa(
    freshclam,
    // freshclam goes into its folder and then again by the same name: only `.` is right both times.
    [`--config-file=${config}`, '--datadir=.', '--log=../freshclam.log', '--stdout'],
    {
      cwd: join(folder, 'db'),
      ...(user.ids ?? {}),
      reject: false,
      all: true,
      stdin: 'ignore',
      timeout: UPDATE_TIMEOUT_MS,
      cancelSignal: signal,
    },
  );
  if (signal.aborted) return false;
  if (result.exitCode === 0) {
    journal.info('The malware signatures are up to date');
    return true;
  }
  const lastLine = (result.all ?? '').trim().split('\n').at(-1) ?? '';
  journal.warn('The malware signatures could not be updated', { code: result.exitCode, said: lastLine });
  return false;
}
