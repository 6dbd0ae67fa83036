/** Asks for the publication that a site continues, and downloads its manifest. */
import { createHash } from 'node:crypto';
import {
  type DeploymentToRunner,
  MAX_SITE_JSON_BYTES,
  type RunnerToDeployment,
  readSiteManifest,
  type SiteBase,
  type SiteManifest,
} from '@appflux/protocol';
import { request } from 'undici';
import { type BackoffPolicy, fullJitter } from '../../backoff.ts';
import type { Journal } from '../../journal.ts';
import { own } from '../../masking/sentence.ts';
import { retry } from '../../retry.ts';
import type { StepContext } from '../../step-context.ts';
import { untilAborted } from '../../stop.ts';

/** What a runner asks the edge about the base of a site. */
export type SiteBaseQuestion = Extract<RunnerToDeployment, { type: 'site_base' }>;

/** What the edge answers. */
export type SiteBaseAnswer = Extract<DeploymentToRunner, { type: 'site_base' }>;

/** The part of the attempt's connection that publishing needs. */
export interface SiteConnection {
  /** Whether the edge publishes sites; one of an earlier version doesn't. */
  readonly publishesSites: boolean;
  /** Whether the edge publishes servers of sites. */
  readonly runsServers: boolean;
  /** Asks for the base. Null if meanwhile the edge is one that doesn't publish sites. */
  askForBase(question: Omit<SiteBaseQuestion, 'request'>): Promise<SiteBaseAnswer | null>;
}

/** A publication to continue: its manifest, and how an index names it. */
export interface Base {
  readonly manifest: SiteManifest;
  readonly sha256: string;
}

export interface BaseOptions {
  readonly connection: SiteConnection;
  readonly attempt: number;
  readonly branch: string | null;
  readonly journal: Journal;
  readonly backoff?: BackoffPolicy;
}

const TRIES = 5;
const BACKOFF: BackoffPolicy = { baseMs: 300, capMs: 5000 };
/** Without a byte of progress, in milliseconds. */
const IDLE_MS = 30_000;

/**
 * The publication to continue: null for none, undefined if the edge doesn't publish sites. A manifest that can't be
 * had, or isn't what the edge said, counts as none: then every file is sent, which costs more but is never wrong.
 * @throws the reason of `ctx.signal` if it aborts
 */
export async function siteBase(options: BaseOptions, ctx: StepContext): Promise<Base | null | undefined> {
  const { connection, attempt, branch, journal } = options;
  const question = { type: 'site_base', attempt, branch } as const;
  const answer = await untilAborted(connection.askForBase(question), ctx.signal);
  if (answer === null) return undefined;
  if (answer.base === null) return null;
  const outcome = await download(answer.base, options, ctx);
  if ('manifest' in outcome) return outcome;
  journal.warn('The manifest of the previous publication is not usable', { problem: outcome.problem });
  ctx.log(own('The previous publication can’t be read, so all files are published again.'));
  return null;
}

type Outcome = Base | { readonly problem: string; readonly again: boolean };

async function download(base: SiteBase, options: BaseOptions, ctx: StepContext): Promise<Outcome> {
  const { backoff = BACKOFF, journal } = options;
  const { signal } = ctx;
  return retry(() => once(base, signal), {
    isTransient: (outcome) => 'problem' in outcome && outcome.again,
    pauseAfter: (tries) => (tries < TRIES ? fullJitter(tries - 1, backoff) : undefined),
    onRetry: (outcome, tries) =>
      journal.warn('A manifest could not be downloaded', {
        tries,
        problem: 'problem' in outcome ? outcome.problem : undefined,
      }),
    signal,
  });
}

/** One GET. The URL holds a signature: it must not get into any message. */
async function once({ deploymentId, url, size, sha256 }: SiteBase, signal: AbortSignal): Promise<Outcome> {
  if (size > MAX_SITE_JSON_BYTES) return { problem: 'it is too large', again: false };
  const bytes = await get(url, size, signal);
  if ('problem' in bytes) return bytes;
  if (createHash('sha256').update(bytes).digest('hex') !== sha256)
    return { problem: 'it is not the one that the edge named', again: false };
  const read = await readSiteManifest(bytes);
  if (read.outcome === 'invalid') return { problem: read.message, again: false };
  const { manifest } = read;
  if (manifest.deploymentId !== deploymentId) return { problem: 'it is of another deployment', again: false };
  return { manifest, sha256 };
}

type Bytes = Uint8Array<ArrayBuffer>;

async function get(
  url: string,
  size: number,
  signal: AbortSignal,
): Promise<Bytes | { problem: string; again: boolean }> {
  try {
    const response = await request(url, { signal, headersTimeout: IDLE_MS, bodyTimeout: IDLE_MS });
    const { statusCode: status, body } = response;
    if (status !== 200) {
      await body.dump();
      const again = status >= 500 || status === 408 || status === 429;
      return { problem: `storage responded with status ${status}`, again };
    }
    const bytes = new Uint8Array(size);
    let length = 0;
    for await (const part of body as AsyncIterable<Buffer>) {
      // Leaving the loop ends the download.
      if (length + part.length > size) return { problem: 'it is larger than the edge said', again: false };
      bytes.set(part, length);
      length += part.length;
    }
    return length === size ? bytes : { problem: 'it was cut off', again: true };
  } catch (error) {
    signal.throwIfAborted();
    // Only the code, such as ECONNRESET: a message could quote the URL.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'the connection failed';
    return { problem: code, again: true };
  }
}
