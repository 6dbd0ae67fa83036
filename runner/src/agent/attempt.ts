/** One attempt from its grant to its end: connection, lease, log, pipeline, result, cleanup. */
import { type AttemptRef, formatBytes, type Grant, type Granted, type JobLimits } from '@appflux/protocol';
import type { JobHost } from '../job/executor.ts';
import { fileSecrets } from '../job/files/secrets.ts';
import { type Outcome, outcomeOf } from '../job/outcome.ts';
import { runPipeline, type Steps } from '../job/pipeline.ts';
import { realSteps, type StepsInput } from '../job/steps.ts';
import { describeError, maskingJournal } from '../journal.ts';
import { AttemptLog } from '../log/attempt-log.ts';
import type { LogLimits } from '../log/log-limits.ts';
import { MIN_SECRET_LENGTH } from '../masking/forms.ts';
import { maskWith } from '../masking/mask.ts';
import { isMaskable, Secrets } from '../masking/secrets.ts';
import { type Mask, own, say } from '../masking/sentence.ts';
import type { AttemptFolder } from '../sandbox/attempt-folder.ts';
import { effectiveLimits } from '../sandbox/limits.ts';
import { Stopped } from '../stop.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { Clock } from './clock.ts';
import { watchDeadline } from './deadline.ts';
import type { FolderRemovals } from './folder-removals.ts';
import { returnedIfFull } from './full-machine.ts';
import { type HeldAttempt, holdAttempt } from './hold-attempt.ts';
import type { SocketTiming } from './reconnecting-socket.ts';

export interface AttemptHost extends JobHost {
  readonly url: URL;
  readonly credential: string;
  readonly name: string;
  readonly version: string;
  readonly clock: Clock;
  /** Aborts with a Stopped when the runner ends or its credential is revoked. */
  readonly signal: AbortSignal;
  /** Sends traces of attempts; absent where none are sent. */
  readonly tracing?: Tracing;
  /** Lines of an attempt are left on disk: it has ended before the edge had them. */
  readonly onLinesLeft: (ref: AttemptRef) => void;
  readonly removals: FolderRemovals;
  /** The machine's disk was full: looks at it, so that the pool knows before it hands out the next build. */
  readonly onDiskFull: () => Promise<void>;
  readonly timing?: SocketTiming;
  readonly logLimits?: Partial<LogLimits>;
  /** The steps of a job; tests pass their own. */
  readonly steps?: (host: JobHost, input: StepsInput) => Steps;
}

/**
 * Runs an attempt until its slot is free: nothing of it runs any more, and its folders are removed or will be
 * (FolderRemovals). Never throws: errors are reported or written to the journal.
 */
export async function runAttempt(granted: Granted, runner: AttemptHost): Promise<void> {
  const { grant } = granted;
  const { deploymentId, attempt } = grant;
  const secrets = new Secrets(secretsOf(granted));
  const mask = maskWith(secrets);
  const journal = maskingJournal(runner.journal, mask);
  const host = { ...runner, journal };
  const limits = effectiveLimits(grant.job.limits, host.settings);
  const folder = host.executor.folder({ job: grant.job, attempt, limits });
  const holder = { ...host, state: host.settings.state, mask };
  try {
    const { linesLeft } = await holdAttempt(grant, holder, (held) =>
      work(granted, host, { ...held, folder, limits, secrets, mask }),
    );
    if (linesLeft) runner.onLinesLeft({ deploymentId, attempt });
  } finally {
    await cleanUp(grant, host, folder);
  }
}

interface Surroundings extends HeldAttempt {
  readonly folder: AttemptFolder;
  readonly limits: JobLimits;
  readonly secrets: Secrets;
  readonly mask: Mask;
}

/** Runs the job's steps under their time limit. */
async function work(
  granted: Granted,
  host: AttemptHost,
  { connection, stream, folder, limits, stop, signal, secrets, mask }: Surroundings,
): Promise<Outcome> {
  const { job, attempt } = granted.grant;
  const log = new AttemptLog(stream, mask, job.limits.logBytes);
  greet(granted, host, limits, log);
  const endsAt = host.clock() + limits.timeoutSeconds * 1000;
  const unwatch = watchDeadline(
    () => endsAt - host.clock(),
    () => stop.abort(new Stopped('timeout', 'The attempt exceeded its time limit.')),
  );
  const settled = (outcome: Outcome) =>
    returnedIfFull(outcome, {
      attempt,
      state: host.settings.state,
      keepFree: host.settings.keepFree,
      onDiskFull: host.onDiskFull,
      log: (line) => log.write(line),
    });
  try {
    const steps = (host.steps ?? realSteps)(host, {
      job,
      access: granted.source,
      attempt,
      limits,
      folder,
      secrets,
      mask,
      log,
      connection,
    });
    const tell = connection.tell.bind(connection);
    const trace = host.tracing?.attempt(granted.grant);
    return await settled(await runPipeline(steps, { job, attempt, limits, log, tell, signal, trace }));
  } catch (error) {
    return settled(outcomeOf(error, signal.reason, 'preparing', limits.timeoutSeconds));
  } finally {
    unwatch();
  }
}

/** The values of the sensitive variables: all of them, from an edge that doesn't distinguish. */
function sensitiveOf({ grant: { job }, sensitive }: Granted): [name: string, value: string][] {
  const names = sensitive && new Set(sensitive);
  return Object.entries(job.variables).filter(([name]) => names?.has(name) ?? true);
}

/** What is masked: sensitive variables, files, the repository's token and key, presigned URLs and the lease token. */
function secretsOf(granted: Granted): string[] {
  const { leaseToken, job } = granted.grant;
  const source =
    job.source.kind === 'git'
      ? [job.source.token ?? '', granted.source?.ssh?.privateKey ?? '']
      : [job.source.url, new URL(job.source.url).search.slice(1)];
  return [
    ...sensitiveOf(granted).map(([, value]) => value),
    ...fileSecrets(job.files),
    ...source,
    leaseToken,
  ];
}

function greet(granted: Granted, host: AttemptHost, limits: Grant['job']['limits'], log: AttemptLog) {
  const { attempt } = granted.grant;
  const { kind, warning } = host.executor;
  // Nothing on a host keeps processes to a limit of memory or CPU.
  const contained =
    kind === 'host' ? '' : say`${own(formatBytes(limits.memoryBytes))} of memory, ${limits.cpus} CPUs, `;
  log.write(
    say`Attempt ${attempt} on runner ${own(host.name)} (${own(host.version)}): ${contained}time limit ${Math.round(limits.timeoutSeconds)} s.`,
  );
  if (warning !== null) log.write(own(warning));
  const short = sensitiveOf(granted)
    .filter(([, value]) => value.trim() !== '' && !isMaskable(value))
    .map(([name]) => name);
  if (short.length > 0) {
    log.write(
      say`Not masked in this log, because the values are shorter than ${MIN_SECRET_LENGTH} characters: ${own(short.join(', '))}.`,
    );
  }
}

/** Waits until the attempt needs no slot any more, and begins to remove its folders. */
async function cleanUp(
  { deploymentId, attempt }: Grant,
  { executor, journal, removals }: AttemptHost,
  folder: AttemptFolder,
): Promise<void> {
  const report = (message: string) => (error: unknown) =>
    journal.error(message, { deploymentId, attempt, error: describeError(error) });
  await executor
    .settled(folder)
    .catch(report('The container of an attempt could not be removed. It is tried again'));
  // The next start removes what could not be. Until then it takes disk space, which the owner should know.
  await removals.begin(() =>
    executor.removeFolder(folder.top).catch(report('The folder of an attempt could not be removed')),
  );
}
