/** A real clamd for tests, with a signature for the test file of the industry that matches anywhere in a file. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { findProgram } from '../../find-program.ts';
import type { Journal } from '../../journal.ts';
import { type ManagedClamd, type ManagedClamdOptions, startManagedClamd } from '../clamd.ts';
import { TEST_FILE, TEST_SIGNATURE } from '../test-file.ts';

export { TEST_FILE as TEST_VIRUS, TEST_SIGNATURE };

/** Why there is no ClamAV to test with; null if there is. On Debian and Ubuntu root gets it installed. */
export async function missingClamav(): Promise<string | null> {
  if ((await findProgram('clamd')) !== null) return null;
  if (process.getuid?.() !== 0) return 'clamd is not installed, and only root could install it';
  if ((await findProgram('apt-get')) === null) return 'clamd is not installed, and this is no Debian';
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await execa('apt-get', ['update', '-qq'], { env });
  const packages = ['clamav-daemon', 'clamav-freshclam'];
  await execa('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
  return null;
}

/** A folder for one test. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-scan-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with the signature in it, in clamd's format for byte sequences (name:any type:any offset:hex). */
export async function testSignatures(): Promise<string> {
  const folder = join(await testFolder(), 'signatures');
  await mkdir(folder);
  const hex = Buffer.from(TEST_FILE).toString('hex');
  await writeFile(join(folder, 'test.ndb'), `${TEST_SIGNATURE}:0:*:${hex}\n`);
  return folder;
}

/** A journal that keeps what is written. */
export function keptJournal(): Journal & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (message: string, fields: object = {}): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  return { lines, info: keep, warn: keep, error: keep };
}

/** Starts a clamd for one test, and ends it with the test. */
export async function startTestClamd(
  options: Partial<ManagedClamdOptions> = {},
): Promise<ManagedClamd & { readonly folder: string; readonly journal: ReturnType<typeof keptJournal> }> {
  const journal = keptJournal();
  const folder = options.folder ?? join(await testFolder(), 'clamav');
  const clamd = await startManagedClamd({
    folder,
    journal,
    freshclamConfig: null,
    signaturesFrom: await testSignatures(),
    restartMs: 10,
    ...options,
  });
  onTestFinished(() => clamd.close());
  return { ...clamd, folder, journal };
}
