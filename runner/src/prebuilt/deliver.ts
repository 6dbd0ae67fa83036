/** Delivers an output that was built elsewhere, in the place of a runner: packs it, uploads it, reports the result. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PrebuiltGrant } from '@appflux/protocol';
import { machineClock } from '../agent/clock.ts';
import { watchDeadline } from '../agent/deadline.ts';
import { type HeldAttempt, holdAttempt } from '../agent/hold-attempt.ts';
import type { SocketTiming } from '../agent/reconnecting-socket.ts';
import { collectArtifacts } from '../job/collect/index.ts';
import { iconOf } from '../job/details/icon.ts';
import { readNotes } from '../job/details/notes.ts';
import { updatePublisher } from '../job/expo/index.ts';
import { type AttemptReport, type Outcome, outcomeOf, succeeded } from '../job/outcome.ts';
import { Phases } from '../job/phases.ts';
import { outputPublisher } from '../job/server/index.ts';
import { uploadArtifacts } from '../job/upload.ts';
import { type Journal, maskingJournal } from '../journal.ts';
import { AttemptLog } from '../log/attempt-log.ts';
import { spoolFolder } from '../log/spool-file.ts';
import { maskWith } from '../masking/mask.ts';
import { Secrets } from '../masking/secrets.ts';
import { own, say } from '../masking/sentence.ts';
import { type CollectedArtifact, JobFailure, type StepContext } from '../step-context.ts';
import { Stopped } from '../stop.ts';
import { type AppSettings, type FoundOutput, findOutput, type OutputPlace } from './find-output.ts';

/** What the output was built from, as far as its owner knows. */
export interface BuiltFrom {
  readonly commitHash: string | null;
  readonly commitMessage: string | null;
  readonly branch: string | null;
}

export interface Delivery {
  readonly deploymentId: string;
  readonly grant: PrebuiltGrant;
  readonly output: OutputPlace;
  readonly app: AppSettings & { readonly slug: string };
  readonly builtFrom: BuiltFrom;
  /** The program that delivers, for the log: its name and version. */
  readonly program: string;
  /** The instance. */
  readonly url: URL;
  /** The caller's token. */
  readonly token: string;
  readonly team?: string | undefined;
  /** Ends the delivery when it aborts: the deployment is canceled. */
  readonly signal: AbortSignal;
  readonly journal: Journal;
  readonly timing?: SocketTiming;
}

/**
 * Delivers the output. Never throws: the deployment says what went wrong.
 * @returns what the instance has confirmed; null if the connection was lost, or the deployment ended without it
 */
export async function deliverPrebuilt(delivery: Delivery): Promise<AttemptReport | null> {
  const { deploymentId, grant, url, token, team, signal, timing } = delivery;
  const mask = maskWith(new Secrets([token, grant.leaseToken]));
  const journal = maskingJournal(delivery.journal, mask);
  const folder = await mkdtemp(join(tmpdir(), 'appflux-prebuilt-'));
  await mkdir(spoolFolder(folder));
  const stop = new AbortController();
  const onAbort = () => stop.abort(new Stopped('stopping', 'The delivery was stopped.'));
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    const { reported } = await holdAttempt(
      { deploymentId, ...grant },
      {
        url,
        credential: token,
        team,
        state: folder,
        clock: machineClock(),
        signal: stop.signal,
        mask,
        journal,
        ...(timing === undefined ? {} : { timing }),
      },
      (held) => deliver(delivery, held, { folder, mask, journal }),
    );
    return reported;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await rm(folder, { recursive: true, force: true });
  }
}

interface Room {
  readonly folder: string;
  readonly mask: ReturnType<typeof maskWith>;
  readonly journal: Journal;
}

async function deliver(delivery: Delivery, held: HeldAttempt, room: Room): Promise<Outcome> {
  const { grant, builtFrom, program } = delivery;
  const { attempt, limits } = grant;
  const { connection, stream, stop, signal } = held;
  const log = new AttemptLog(stream, room.mask, limits.logBytes);
  const clock = machineClock();
  const endsAt = clock() + limits.timeoutSeconds * 1000;
  const unwatch = watchDeadline(
    () => endsAt - clock(),
    () => stop.abort(new Stopped('timeout', 'The delivery exceeded its time limit.')),
  );
  const phases = new Phases({ attempt, log, signal, tell: (notice) => connection.tell(notice) });
  log.write(say`Delivered by ${own(program)}.`);
  try {
    const found = await phases.run('preparing', async (ctx) => {
      connection.tell({ type: 'source', attempt, ...builtFrom });
      const output = await findOutput(delivery.output, delivery.app, ctx);
      for (const reason of output.plan.reasons) ctx.log(reason);
      connection.tell({ type: 'plan', attempt, plan: output.plan, version: output.version });
      return output;
    });
    const artifacts = await phases.run('uploading', (ctx) => packAndUpload(found, delivery, held, room, ctx));
    return succeeded(artifacts);
  } catch (error) {
    return outcomeOf(error, signal.reason, phases.current, limits.timeoutSeconds);
  } finally {
    unwatch();
    log.showEnd();
  }
}

/** Packs the outputs as a runner does, and uploads them. */
async function packAndUpload(
  { root, plan, version, site, server }: FoundOutput,
  { grant, app, builtFrom }: Delivery,
  { connection }: HeldAttempt,
  { folder, mask, journal }: Room,
  ctx: StepContext,
): Promise<CollectedArtifact[]> {
  const { attempt, limits } = grant;
  const publishing = { connection, attempt, branch: builtFrom.branch, journal };
  const artifacts = await collectArtifacts(
    {
      root,
      plan,
      isBuilt: true,
      app: { slug: app.slug },
      version,
      commitHash: builtFrom.commitHash,
      maxBytes: limits.artifactBytes,
      outDir: folder,
      mask,
      publish: outputPublisher({ settings: site, framework: plan.framework, server }, publishing),
      publishUpdate: updatePublisher(publishing),
    },
    ctx,
  );
  if (connection.keepsDetails) {
    const notes = await readNotes({ folders: [root], version, tagMessage: null });
    connection.tell({ type: 'details', attempt, notes, icon: await iconOf(artifacts, ctx) });
  }
  const repacked = async (artifact: CollectedArtifact, within: StepContext) => {
    const again = await artifact.site?.repack(within);
    if (again === undefined)
      throw new JobFailure('upload_failed', own('This instance no longer publishes sites'));
    return again;
  };
  await uploadArtifacts(artifacts, { connection, attempt, journal, repacked }, ctx);
  return artifacts;
}
