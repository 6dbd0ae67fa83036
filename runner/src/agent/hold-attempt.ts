/**
 * The right to one attempt, from the connection to its last frame: lease, log, cancellation and result. What the attempt
 * does is its caller's.
 */
import type { AttemptRef, Grant } from '@appflux/protocol';
import type { AttemptReport, Outcome } from '../job/outcome.ts';
import { describeError, type Journal } from '../journal.ts';
import type { LogLimits } from '../log/log-limits.ts';
import { LogSender } from '../log/log-sender.ts';
import { spoolPath } from '../log/spool-file.ts';
import type { Mask } from '../masking/sentence.ts';
import { Stopped, untilAborted } from '../stop.ts';
import { AttemptConnection } from './attempt-connection.ts';
import type { Clock } from './clock.ts';
import { watchDeadline } from './deadline.ts';
import { Lease, leaseTerms } from './lease.ts';
import type { SocketTiming } from './reconnecting-socket.ts';

/** Who holds the lease, and with what. */
export interface LeaseHolder {
  readonly url: URL;
  /** The runner's credential, or an API token of who delivers a prebuilt output. */
  readonly credential: string;
  /** For a user in several teams: which one the token is used for. */
  readonly team?: string | undefined;
  /** The folder for lines that the edge doesn't have yet. */
  readonly state: string;
  readonly clock: Clock;
  /** Aborts with a Stopped when the program ends or its credential is revoked. */
  readonly signal: AbortSignal;
  readonly mask: Mask;
  readonly journal: Journal;
  readonly timing?: SocketTiming;
  readonly logLimits?: Partial<LogLimits>;
}

/** An attempt that is held. */
export interface HeldAttempt {
  readonly connection: AttemptConnection;
  readonly stream: LogSender;
  /** Stops the attempt's work; its reason is a Stopped. */
  readonly stop: AbortController;
  /** Aborts when the work has to stop. */
  readonly signal: AbortSignal;
}

/** How holding an attempt ended. */
export interface Held {
  /** What the edge has confirmed; null if nothing was reported, or nothing was confirmed. */
  readonly reported: AttemptReport | null;
  /** Lines are left on disk: the attempt has ended before the edge had them. */
  readonly linesLeft: boolean;
}

/** How long a program that ends still waits to send its log and its result, in milliseconds. */
const LAST_WORD_MS = 5000;

/** Connects, does the attempt's `work` while the lease is held, and reports the result. Never throws: errors go to the journal. */
export async function holdAttempt(
  grant: AttemptRef & Pick<Grant, 'leaseToken' | 'leaseSeconds'>,
  holder: LeaseHolder,
  work: (held: HeldAttempt) => Promise<Outcome>,
): Promise<Held> {
  const { deploymentId, attempt } = grant;
  const { journal, mask } = holder;
  const stop = new AbortController();
  /** Aborts when nothing more may be reported for this attempt. */
  const silenced = new AbortController();
  const silence = (reason: Stopped) => {
    stop.abort(reason);
    silenced.abort(reason);
  };
  const signal = AbortSignal.any([stop.signal, holder.signal]);
  const lease = new Lease(leaseTerms(grant.leaseSeconds), holder.clock);
  const unwatch = watchDeadline(
    () => (lease.held() ? lease.remainingMs() : 0),
    () => silence(new Stopped('lease_lost', 'The edge could not be reached before the lease expired.')),
  );
  let stream: LogSender | undefined;
  let reported: AttemptReport | null = null;
  let linesLeft = false;
  const connection = new AttemptConnection({
    url: holder.url,
    credential: holder.credential,
    team: holder.team,
    deploymentId,
    attempt,
    leaseToken: grant.leaseToken,
    lease,
    mask,
    journal,
    ...(holder.timing === undefined ? {} : { timing: holder.timing }),
    openLog: (ackedSeq) => {
      stream = new LogSender({
        attempt,
        ackedSeq,
        spoolPath: spoolPath(holder.state, { deploymentId, attempt }),
        onFault: (message) => silence(new Stopped('superseded', message)),
        onSpoolError: (error) =>
          journal.error('The log cannot be written to disk. Keeping it in memory', {
            deploymentId,
            attempt,
            error: String(error),
          }),
        ...(holder.logLimits === undefined ? {} : { limits: holder.logLimits }),
      });
      return stream;
    },
    onCancel: (reason) => stop.abort(new Stopped('canceled', reason)),
    onOver: silence,
  });
  try {
    // A cancel may come with the welcome itself: it still has to be answered.
    const log = await untilAborted(connection.open(), AbortSignal.any([silenced.signal, holder.signal]));
    const outcome = await work({ connection, stream: log, stop, signal });
    if (outcome.fault !== undefined) {
      journal.error('Unexpected error in an attempt', {
        deploymentId,
        attempt,
        error: describeError(outcome.fault),
      });
    }
    if (outcome.report !== null) {
      await report(outcome.report, log, connection, lastWordSignal(holder, silenced.signal));
      reported = outcome.report;
    }
    journal.info('Attempt ended', {
      deploymentId,
      attempt,
      result: outcome.report?.status ?? 'not reported',
    });
  } catch (error) {
    const expected = error instanceof Stopped || signal.aborted || silenced.signal.aborted;
    journal[expected ? 'warn' : 'error']('Attempt abandoned', {
      deploymentId,
      attempt,
      reason: expected && error instanceof Error ? error.message : describeError(error),
    });
  } finally {
    unwatch();
    connection.close();
    linesLeft = stream?.close() ?? false;
  }
  return { reported, linesLeft };
}

function lastWordSignal(holder: LeaseHolder, silenced: AbortSignal): AbortSignal {
  return holder.signal.aborted ? AbortSignal.any([silenced, AbortSignal.timeout(LAST_WORD_MS)]) : silenced;
}

/** The whole log first, then the result: once an attempt has ended, nothing more is taken. */
async function report(
  result: AttemptReport,
  log: LogSender,
  connection: AttemptConnection,
  signal: AbortSignal,
): Promise<void> {
  await untilAborted(log.drained(), signal);
  await untilAborted(connection.finish(result), signal);
}
