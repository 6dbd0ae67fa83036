/** Looks for malware in what comes in and in what goes out, as strictly as the runner's owner wants it. */

import { formatBytes, printable, quoted } from '@appflux/protocol';
import type { ClamdAddress } from '../config/clamd-address.ts';
import { own, say } from '../masking/sentence.ts';
import { type CollectedArtifact, JobFailure, type PackedContent, type StepContext } from '../step-context.ts';
import { askClamd, CLIENT_TIMEOUTS, ClamdError, type ClientTimeouts, scanContent } from './client.ts';
import type { Connect } from './facts.ts';
import { type Content, type FileToScan, filesBelow, withFile } from './files.ts';
import { silentScanner } from './one-job.ts';
import { describeVersion, parseVersion, type Verdict } from './reply.ts';

/**
 * `required`: what was not scanned, and wholly so, is not built. `optional`: the log says what was not scanned.
 * `off`: nothing is scanned.
 */
export type ScanPolicy = 'required' | 'optional' | 'off';

export interface ScannerOptions {
  readonly policy: ScanPolicy;
  readonly connect: Connect;
  /** Whether it has signatures besides the one for the test file. A clamd that somebody else runs counts as having them. */
  readonly hasSignatures?: () => Promise<boolean>;
  /** How many files are scanned in parallel; more than clamd's MaxThreads is of no use. */
  readonly concurrency?: number;
  readonly timeouts?: ClientTimeouts;
  readonly now?: () => Date;
}

export type ArtifactToScan = Pick<CollectedArtifact, 'path' | 'name' | 'site'>;

/**
 * All of these throw JobFailure: `malware_found`, with the signature and the file, or under the policy `required`
 * `scan_unavailable`. They throw the reason of `ctx.signal` if that aborts. They answer whether a scan was made; where
 * none could be, the log says why.
 */
export interface Scanner {
  /**
   * Scans an uploaded archive before it is unpacked. One that is too large for clamd is let through to unpacking: its
   * files are scanned afterwards, as those of every upload are, since clamd may read an archive differently.
   */
  scanUpload(path: string, name: string, ctx: StepContext): Promise<boolean>;
  /** Scans every file of the source tree. */
  scanTree(top: string, ctx: StepContext): Promise<boolean>;
  /** Scans what is about to be uploaded; the files in a pack of a site one by one. */
  scanArtifacts(artifacts: readonly ArtifactToScan[], ctx: StepContext): Promise<boolean>;
}

const CONCURRENCY = 4;
/** How many files that are over a limit the log names. */
const NAMED = 5;

export function createScanner(options: ScannerOptions): Scanner {
  if (options.policy === 'off') {
    return silentScanner('Malware scan skipped: turned off on this runner.');
  }
  return {
    scanUpload: (path, name, ctx) =>
      attempt(options, ctx, async (address) => {
        const verdict = await withFile(path, (content) => scan(options, address, content, ctx.signal));
        if (verdict?.kind === 'found') throw malware(verdict.signature, name);
        if (verdict?.kind === 'over_limit') {
          ctx.log(
            say`${quoted(name)} is too large to scan as one file (${verdict.limit}). Scanning its files one by one.`,
          );
        }
      }),
    scanTree: (top, ctx) =>
      attempt(options, ctx, async (address) => {
        await logState(options, address, ctx);
        await scanAll(options, address, filesBelow(top), 'source', ctx);
      }),
    scanArtifacts: (artifacts, ctx) => {
      const files = artifacts.flatMap((artifact): Scanned[] => [...(artifact.site?.contents ?? [artifact])]);
      return attempt(options, ctx, (address) => scanAll(options, address, files, 'artifacts', ctx));
    },
  };
}

/** Runs a scan; what goes wrong with clamd itself becomes what the policy makes of it. */
async function attempt(
  { policy, connect }: ScannerOptions,
  ctx: StepContext,
  work: (address: ClamdAddress) => Promise<void>,
): Promise<boolean> {
  try {
    await work(await connect(ctx.signal));
    return true;
  } catch (error) {
    if (!(error instanceof ClamdError)) throw error;
    if (policy === 'required')
      throw new JobFailure('scan_unavailable', printable(error.message), { cause: error });
    ctx.log(say`Warning: not everything was scanned for malware. ${printable(error.message)}`);
    return false;
  }
}

/** The state of the scanner, in one line of the log. */
async function logState(options: ScannerOptions, address: ClamdAddress, ctx: StepContext): Promise<void> {
  const version = parseVersion(await askClamd(address, 'VERSION', options.timeouts));
  if (version === null)
    throw new ClamdError('refused', 'The server at the malware scanner’s address is not clamd.');
  if (version.signatures === null && !((await options.hasSignatures?.()) ?? true)) {
    if (options.policy === 'required') {
      throw new ClamdError('no_signatures', 'The malware scanner has not downloaded its signatures yet.');
    }
    ctx.log(
      say`Malware scan: ${printable(`ClamAV ${version.engine}`)}, only the EICAR test signature so far.`,
    );
    return;
  }
  const { text, stale } = describeVersion(version, options.now?.() ?? new Date());
  ctx.log(say`Malware scan: ${printable(text)}${stale ? ', out of date' : ''}.`);
}

type Scanned = FileToScan | PackedContent;

interface Tally {
  files: number;
  bytes: number;
  readonly overLimit: { name: string; limit: string }[];
}

async function scanAll(
  options: ScannerOptions,
  address: ClamdAddress,
  files: AsyncIterable<Scanned> | Iterable<Scanned>,
  what: 'source' | 'artifacts',
  ctx: StepContext,
): Promise<void> {
  const tally: Tally = { files: 0, bytes: 0, overLimit: [] };
  await forEachOf(files, options.concurrency ?? CONCURRENCY, ctx.signal, async (file, signal) => {
    const scanned = (content: Content, size: number) => {
      tally.files += 1;
      tally.bytes += size;
      return scan(options, address, content, signal);
    };
    const verdict = 'read' in file ? await scanned(file.read, file.size) : await withFile(file.path, scanned);
    if (verdict?.kind === 'found') throw malware(verdict.signature, file.name);
    if (verdict?.kind === 'over_limit') tally.overLimit.push({ name: file.name, limit: verdict.limit });
  });
  sayOverLimit(options.policy, tally, ctx);
  const count = `${tally.files} ${tally.files === 1 ? 'file' : 'files'}, ${formatBytes(tally.bytes)}`;
  ctx.log(say`No malware found in the ${what} (${count}).`);
}

function scan(
  { timeouts }: ScannerOptions,
  address: ClamdAddress,
  content: Content,
  signal: AbortSignal,
): Promise<Verdict> {
  return scanContent(address, content, signal, timeouts ?? CLIENT_TIMEOUTS);
}

function sayOverLimit(policy: ScanPolicy, { overLimit }: Tally, ctx: StepContext): void {
  if (overLimit.length === 0) return;
  const names = overLimit.slice(0, NAMED).map(({ name, limit }) => `${quoted(name)} (${limit})`);
  const more = overLimit.length > NAMED ? ` and ${overLimit.length - NAMED} more` : '';
  const text = `Not fully scanned, because of a scanner limit: ${names.join(', ')}${more}.`;
  if (policy === 'required') {
    throw new JobFailure('scan_unavailable', text, {
      hint: own(
        'Make the file smaller, or ask the owner of the runner to raise the clamd limit named in the message.',
      ),
    });
  }
  ctx.log(say`Warning: ${text}`);
}

function malware(signature: string, name: string): JobFailure {
  return new JobFailure('malware_found', say`Found ${printable(signature)} in ${quoted(name)}.`);
}

/** Runs `work` on each item, `concurrency` at a time. The first failure stops the others and is thrown. */
async function forEachOf<T>(
  items: AsyncIterable<T> | Iterable<T>,
  concurrency: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const running = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  const start = (item: T): void => {
    const task = work(item, both)
      .catch((error: unknown) => {
        // What the others throw after the first is its consequence.
        failure ??= { error };
        stop.abort();
      })
      .finally(() => running.delete(task));
    running.add(task);
  };
  try {
    for await (const item of items) {
      if (failure !== undefined || signal.aborted) break;
      start(item);
      if (running.size >= concurrency) await Promise.race(running);
    }
  } catch (error) {
    failure ??= { error };
    stop.abort();
  }
  await Promise.all(running);
  signal.throwIfAborted();
  if (failure !== undefined) throw failure.error;
}
