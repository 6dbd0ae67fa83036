/** What the commands take from the command line and the environment. */
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { StackProblem } from '../problem.ts';
import type { Protection, Unlock } from './key.ts';

/** The fewest characters of a passphrase for a new backup. */
const FEWEST = 12;

/** The folder in which the command was called: npm changes to the checkout. */
export const calledIn = (env: NodeJS.ProcessEnv): string => env.INIT_CWD ?? process.cwd();

export interface Locks {
  'passphrase-file'?: string | undefined;
  recipient?: string[] | undefined;
  identity?: string[] | undefined;
}

/** The options that name what protects or opens a backup, for `parseArgs`. */
export const LOCK_OPTIONS = {
  'passphrase-file': { type: 'string' },
  recipient: { type: 'string', multiple: true },
  identity: { type: 'string', multiple: true },
} as const;

/** Reads the passphrase and the identities. @throws StackProblem `arguments_invalid` */
export async function readLocks(
  given: Locks,
  env: NodeJS.ProcessEnv,
): Promise<{ protection: Protection | null; unlock: Unlock }> {
  const file = given['passphrase-file'];
  const passphrase =
    file === undefined ? env.APPFLUX_BACKUP_PASSPHRASE || undefined : await readSecret(file, env);
  const identities = (await Promise.all((given.identity ?? []).map((path) => readSecret(path, env)))).flatMap(
    (text) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
  );
  return {
    protection: protectionOf(given.recipient ?? [], passphrase),
    unlock: {
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(identities.length === 0 ? {} : { identities: identities.map((line) => line.trim()) }),
    },
  };
}

function protectionOf(recipients: readonly string[], passphrase: string | undefined): Protection | null {
  if (recipients.length > 0) return { kind: 'recipients', recipients };
  if (passphrase === undefined) return null;
  if (passphrase.length >= FEWEST) return { kind: 'passphrase', passphrase };
  throw new StackProblem(
    'arguments_invalid',
    `The passphrase has ${passphrase.length} characters`,
    `choose one of ${FEWEST} or more: anyone who gets the backup can try as many as they like`,
  );
}

async function readSecret(path: string, env: NodeJS.ProcessEnv): Promise<string> {
  const absolute = isAbsolute(path) ? path : join(calledIn(env), path);
  try {
    return (await readFile(absolute, 'utf8')).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new StackProblem('arguments_invalid', `${path} can't be read`, 'check the path', { cause });
  }
}

/** A size for people. */
export function sizeText(bytes: number): string {
  if (bytes < 1024 ** 2) return `${Math.ceil(bytes / 1024)} KB`;
  return bytes < 10 * 1024 ** 3
    ? `${(bytes / 1024 ** 2).toFixed(1)} MB`
    : `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}
