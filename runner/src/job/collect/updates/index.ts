/** What update feeds need to know of a file that was collected: its SHA-512, and what the build's tools wrote beside it. */
import { createHash, type Hash } from 'node:crypto';
import { say, type Text } from '../../../masking/sentence.ts';
import type { FoundFile } from '../safe-file.ts';
import { listedFacts } from './electron.ts';
import { signatureOf } from './tauri.ts';

/** Facts for an artifact's `meta`: those of `UpdateFacts` that are known. */
type Facts = Record<string, string | number | boolean>;

interface Surroundings {
  readonly mask: (text: string) => string;
  readonly log: (text: Text) => void;
}

/** What electron-updater installs, or downloads to install. */
const ELECTRON_FILE = /\.(?:AppImage|deb|dmg|exe|pacman|rpm|zip)$/i;

/** The hash that a file's feed needs; null for files that no feed lists. */
export const feedHash = (path: string): Hash | null =>
  ELECTRON_FILE.test(path) ? createHash('sha512') : null;

/**
 * The facts for the artifact's `meta`.
 * @param hash `feedHash` of the path, with all bytes of the file.
 */
export async function updateFacts(
  file: FoundFile,
  hash: Hash | null,
  { mask, log }: Surroundings,
): Promise<Facts> {
  const signature = await signatureOf(file);
  if (signature !== null && !signature.ok) log(say`${file.path}.sig is ignored: ${signature.problem}`);
  return {
    ...(signature?.ok === true ? { signature: signature.text, ...signature.facts } : {}),
    ...(hash === null ? {} : await electronFacts(file, hash.digest('base64'), { mask, log })),
  };
}

async function electronFacts(file: FoundFile, sha512: string, { mask, log }: Surroundings): Promise<Facts> {
  const listed = await listedFacts(file, sha512);
  if (listed === null) return { sha512 };
  if (!listed.agrees) {
    log(
      say`Warning: ${listed.source} has another SHA-512 for ${file.path}. The file was changed after ${listed.source} was written, so the update feed uses the SHA-512 of the delivered file.`,
    );
    return { sha512 };
  }
  const facts = Object.entries(listed.facts)
    .filter((fact): fact is [string, string | number | boolean] => fact[1] !== undefined)
    .map(([key, value]) => [key, typeof value === 'string' ? mask(value) : value]);
  return { sha512, ...Object.fromEntries(facts) };
}
