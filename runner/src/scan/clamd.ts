/** The runner's own clamd: started and ended with the runner, supervised, and kept up to date. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClamdAddress } from '../config/clamd-address.ts';
import { findProgram } from '../find-program.ts';
import type { Journal } from '../journal.ts';
import { clamdConfig } from './clamd-config.ts';
import { endLeftover, makeFolder } from './clamd-folder.ts';
import { askClamd, ClamdError } from './client.ts';
import { copySignatures, holdsSignatures, updateSignatures } from './signatures.ts';
import { supervise } from './supervise.ts';
import { writeTestSignature } from './test-file.ts';
import { scannerUser, type User } from './user.ts';

export interface ManagedClamdOptions {
  /** A folder of the runner's state, for this alone. */
  readonly folder: string;
  readonly journal: Journal;
  /** The host's freshclam.conf; null for no updates. */
  readonly freshclamConfig?: string | null;
  /** Where signatures are copied from when there are none yet; null for nowhere. */
  readonly signaturesFrom?: string | null;
  readonly updateEveryMs?: number;
  /** How many scans run in parallel. */
  readonly threads?: number;
  /** The largest content that is scanned, in clamd's units. */
  readonly streamMaxLength?: string;
  /** The first pause before a clamd that ended is started again; it doubles up to a minute. */
  readonly restartMs?: number;
}

export interface ManagedClamd {
  /** Resolves to its address once it answers. Rejects with a ClamdError if it does not in time. */
  connect(signal: AbortSignal): Promise<ClamdAddress>;
  /** Whether it has signatures besides the one for the test file. */
  hasSignatures(): Promise<boolean>;
  /** Ends clamd, and any update. Called a second time, it does nothing. */
  close(): Promise<void>;
}

const DEFAULTS = {
  freshclamConfig: '/etc/clamav/freshclam.conf',
  signaturesFrom: '/var/lib/clamav',
  updateEveryMs: 4 * 3_600_000,
  threads: 4,
  restartMs: 1_000,
};
/** Loading all the official signatures takes half a minute on a slow machine. */
const READY_TIMEOUT_MS = 120_000;
/** unix(7) */
const MAX_SOCKET_PATH_BYTES = 107;

/**
 * Starts clamd in the background; `connect` tells when it is ready.
 * @throws {ClamdError} `not_installed` if there is no clamd on this host.
 */
export async function startManagedClamd(options: ManagedClamdOptions): Promise<ManagedClamd> {
  const settings = { ...DEFAULTS, ...options };
  const { folder, journal } = settings;
  const clamd = await findProgram('clamd');
  if (clamd === null) {
    throw new ClamdError(
      'not_installed',
      'The malware scanner is not installed on this runner (ClamAV’s clamd).',
    );
  }
  const socketPath = join(folder, 'clamd.sock');
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) {
    throw new ClamdError(
      'not_installed',
      'The path of the runner’s state folder is too long for the scanner’s socket.',
    );
  }
  const user = await scannerUser();
  await endLeftover(folder, journal);
  await makeFolder(folder, user, clamdConfig(settings));
  const database = join(folder, 'db');
  await writeTestSignature(database, user);
  if (settings.signaturesFrom !== null && !(await holdsSignatures(database))) {
    await copySignatures(settings.signaturesFrom, database, user);
  }

  const address: ClamdAddress = { kind: 'unix', path: socketPath };
  const closing = new AbortController();
  const supervisor = supervise({
    clamd,
    folder,
    user,
    journal,
    restartMs: settings.restartMs,
    signal: closing.signal,
  });
  const updates = keepFresh({ ...settings, user, address, signal: closing.signal });
  let closed: Promise<void> | null = null;
  return {
    connect: (signal) => connectWhenReady(address, AbortSignal.any([signal, closing.signal])),
    hasSignatures: () => holdsSignatures(database),
    close: () => {
      closed ??= (async () => {
        closing.abort();
        await Promise.all([supervisor, updates]);
      })();
      return closed;
    },
  };
}

interface KeptFresh {
  readonly freshclamConfig: string | null;
  readonly updateEveryMs: number;
  readonly folder: string;
  readonly user: User;
  readonly journal: Journal;
  readonly address: ClamdAddress;
  readonly signal: AbortSignal;
}

/** Updates the signatures now and then. Without freshclam or its configuration they stay as they are. */
async function keepFresh(input: KeptFresh): Promise<void> {
  const { freshclamConfig: config, updateEveryMs, folder, user, journal, address, signal } = input;
  if (config === null) return;
  const freshclam = await findProgram('freshclam');
  if (freshclam === null) {
    journal.warn('The malware signatures are not updated: freshclam is not installed');
    return;
  }
  while (!signal.aborted) {
    if (await updateSignatures({ freshclam, config, folder, user, journal, signal })) {
      // While clamd is not running, there is nothing to reload.
      await askClamd(address, 'RELOAD').catch(() => undefined);
    }
    // The pause is cut short by the end of the runner.
    await sleep(updateEveryMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** Waits until clamd answers. */
async function connectWhenReady(address: ClamdAddress, signal: AbortSignal): Promise<ClamdAddress> {
  const giveUpAt = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    signal.throwIfAborted();
    try {
      if ((await askClamd(address, 'PING')) === 'PONG') return address;
    } catch (error) {
      if (!(error instanceof ClamdError)) throw error;
      if (performance.now() > giveUpAt) {
        throw new ClamdError('not_ready', 'The malware scanner did not start in time.', error);
      }
    }
    // Cut short by the signal, which is looked at above.
    await sleep(100, undefined, { signal }).catch(() => undefined);
  }
}
