/**
 * Sends requests to servers of sites where they share one process, which a server can bring to its end: waits while it
 * restarts, repeats what can be repeated, and keeps the server that did it from doing so again.
 */
import { z } from 'zod';
import { journal } from '../../journal.ts';
import { Strikes } from './strikes.ts';

/** What the machine's supervisor says of the process (stack/servers/config.ts). */
const ServersRun = z.object({
  run: z.int(),
  startedAt: z.number(),
  isUp: z.boolean(),
  previous: z.object({ run: z.int(), endedAt: z.number(), reason: z.string() }).nullable(),
});
type ServersRun = z.infer<typeof ServersRun>;

/** How long a request waits for its turn, or for a process that answers, in milliseconds; and how often it looks. */
const TURN_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 50;

/** How long after a connection was lost the supervisor may notice the end of the process, in milliseconds. */
const NOTICED_WITHIN_MS = 1_000;

/** How long a suspect runs alone at most, in milliseconds: longer than the watchdog waits (stack/servers/watchdog.ts). */
const ALONE_MS = 12_000;

/** How often a request is sent at most. */
const MOST_ATTEMPTS = 3;

const strikes = new Strikes();

/** Of an attempt: the connection was lost, or could not be made; anything else is an outcome. */
export interface Attempted {
  readonly none?: string;
  readonly response?: Response;
}

export type Stopped = { readonly none: 'stopped'; readonly until: number };

export interface Watch {
  readonly deploymentId: string;
  /** Whether the request may be sent again after the process ended: it changes nothing, and has no body. */
  readonly mayRepeat: boolean;
  /** For what goes on after the answer. */
  readonly waitUntil: (promise: Promise<unknown>) => void;
}

/**
 * Runs `attempt`, whose outcome `{ none: 'gone' }` says that the connection to the process was lost. Without a process of
 * this machine (`supervisor` undefined, as on Cloudflare) it is run once.
 * @returns the outcome, or that the server is stopped for a while
 */
export async function watched<Outcome extends Attempted>(
  supervisor: Fetcher | undefined,
  { deploymentId, mayRepeat, waitUntil }: Watch,
  attempt: () => Promise<Outcome>,
): Promise<Outcome | Stopped> {
  if (supervisor === undefined) return attempt();
  for (let attempts = 1; ; attempts += 1) {
    const admission = await admitted(deploymentId);
    if (admission.kind === 'stopped') return { none: 'stopped', until: admission.until };
    const sentAt = Date.now();
    // One that takes long holds up no other suspect: by then, a process that it harms would have been ended.
    const patience =
      admission.kind === 'alone'
        ? setTimeout(() => strikes.settled(deploymentId, Date.now()), ALONE_MS)
        : undefined;
    const outcome = await attempt();
    clearTimeout(patience);
    if (outcome.none !== 'gone') {
      strikes.ended(deploymentId, Date.now(), outcome.response?.webSocket != null);
      if (admission.kind === 'alone') waitUntil(settle(supervisor, deploymentId));
      return outcome;
    }
    const { ended, isAnother } = await endOf(supervisor, sentAt);
    if (ended !== null) processEnded(ended);
    strikes.ended(deploymentId, Date.now());
    if (ended === null && admission.kind === 'alone') strikes.released(deploymentId);
    if (!isAnother || !mayRepeat || attempts === MOST_ATTEMPTS) return outcome;
  }
}

/** Waits for the turn of a suspect. */
async function admitted(id: string): Promise<Exclude<ReturnType<Strikes['admit']>, { kind: 'wait' }>> {
  const until = Date.now() + TURN_WITHIN_MS;
  for (;;) {
    const admission = strikes.admit(id, Date.now());
    if (admission.kind === 'stopped') return admission;
    if (admission.kind !== 'wait') return { kind: admission.kind };
    if (Date.now() > until) return { kind: 'stopped', until: Date.now() + LOOK_EVERY_MS };
    await scheduler.wait(LOOK_EVERY_MS);
  }
}

/** Leaves a suspect alone for a while after its answer, and lets it run beside others if the process is still there. */
async function settle(supervisor: Fetcher, id: string): Promise<void> {
  const from = Date.now();
  const before = await ask(supervisor);
  await scheduler.wait(strikes.settleMs(id, from));
  // A server that loops meanwhile holds up this answer until its process is ended, or started again.
  const after = await ask(supervisor, before.run, true);
  if (after.previous !== null && after.previous.run >= before.run) processEnded(after.previous);
  else strikes.settled(id, Date.now());
}

/**
 * How the process ended that a request was sent to at `sentAt`; null if it did not, or none ran then. Then waits for the next.
 * `isAnother`: whether another process runs now than at that time.
 */
async function endOf(
  supervisor: Fetcher,
  sentAt: number,
): Promise<{ ended: ServersRun['previous']; isAnother: boolean }> {
  const until = Date.now() + NOTICED_WITHIN_MS;
  for (;;) {
    const state = await ask(supervisor);
    const ended = state.previous !== null && state.previous.endedAt >= sentAt ? state.previous : null;
    if (ended !== null || !state.isUp || state.startedAt >= sentAt) {
      const next = state.isUp ? state : await ask(supervisor, state.run);
      return { ended, isAnother: next.isUp };
    }
    if (Date.now() > until) return { ended: null, isAnother: false };
    await scheduler.wait(LOOK_EVERY_MS);
  }
}

function processEnded({ run, reason }: NonNullable<ServersRun['previous']>): void {
  const stopped = strikes.processEnded(run, Date.now());
  if (stopped !== null)
    journal.error(
      `The server of deployment ${stopped} is paused: it ended the process of all servers (${reason})`,
    );
}

/**
 * Asks the supervisor: immediately, or with `after` when a later process than that runs; with `orAnswers` when the process
 * answers, or a later one runs.
 */
async function ask(supervisor: Fetcher, after?: number, orAnswers = false): Promise<ServersRun> {
  const query = after === undefined ? '' : `?after=${after}${orAnswers ? '&or=answers' : ''}`;
  const answer = await supervisor.fetch(`http://supervisor/${query}`);
  return ServersRun.parse(await answer.json());
}
