/** The WebSockets of a deployment's runner: one for the current attempt, while nothing has gone wrong. */
import {
  ACCEPTS_HEADER,
  CLOSE,
  type DeploymentToRunner,
  LEASE_TOKEN_HEADER,
  MAX_FRAME_BYTES,
  RunnerToDeployment,
  WATCHED,
} from '@appflux/protocol';
import { attach } from '../limits/attachment.ts';
import { ATTEMPT, attemptCost } from '../sockets/allowances.ts';
import { closeQuietly } from '../sockets/close.ts';
import type { CutOff } from '../sockets/cut-off.ts';
import { runnerFrame } from '../sockets/frame.ts';
import { authenticatedRunner } from '../sockets/runner-header.ts';
import { newestOf, SenderBudget, sizeOf, tooManyConnections } from '../sockets/sender-budget.ts';
import type { Saved } from './saved.ts';
import type { State } from './state.ts';

const TAG = 'attempt';

/** A connection whose runner accepts `watched`. */
const ACCEPTS_WATCHED = 'accepts watched';

const REPLACED = 'A newer connection took over';

/** A frame of the current attempt, with its text as it came; or why the runner can't be understood. */
export type Received =
  | { readonly frame: RunnerToDeployment; readonly text: string }
  | { readonly misunderstood: string };

export class AttemptSocket {
  readonly #ctx: DurableObjectState;
  readonly #cutOff: CutOff;
  /** What the runner of an attempt has used, over all of its connections. */
  #budget: { attempt: number; budget: SenderBudget } | null = null;

  constructor(ctx: DurableObjectState, cutOff: CutOff) {
    this.#ctx = ctx;
    this.#cutOff = cutOff;
  }

  /** Whether this is a runner's socket. */
  owns(ws: WebSocket): boolean {
    return this.#ctx.getTags(ws).includes(TAG);
  }

  /**
   * Admits the runner that holds the lease; any other connection is closed with `staleAttempt`. The lease token alone
   * is not enough: it must come with the credential of the runner that it was granted to, in the deployment's own team.
   * A newer connection replaces an older one.
   * @returns the answer to the request, and the socket if it was admitted
   */
  accept(request: Request, attempt: number, saved: Saved): { answer: Response; admitted: WebSocket | null } {
    if (attempt !== saved.state.attempt || !holdsLease(request, saved))
      return { answer: staleAttempt(), admitted: null };
    const budget = this.#budgetOf(attempt);
    const now = Date.now();
    const sender = senderOf(request);
    const wait = this.#cutOff.waitFor(sender, now) || budget.connect(now);
    if (wait > 0) return { answer: tooManyConnections(wait), admitted: null };
    const { 0: client, 1: server } = new WebSocketPair();
    this.replace();
    this.#ctx.acceptWebSocket(server, [TAG, sender, ...(acceptsWatched(request) ? [ACCEPTS_WATCHED] : [])]);
    attach(server, { attempt, spent: budget.spent });
    return { answer: new Response(null, { status: 101, webSocket: client }), admitted: server };
  }

  /**
   * Reads a message. A runner that sends more than it may, or for an attempt that is over, is disconnected.
   * @returns null when there is nothing to handle
   */
  receive(ws: WebSocket, message: string | ArrayBuffer, state: State): Received | null {
    const budget = this.#budgetOf(attemptOf(ws));
    if (!budget.spend(1, sizeOf(message), Date.now())) {
      budget.close(ws, Date.now());
      return null;
    }
    if (budget.takeUnsaved()) attach(ws, { attempt: attemptOf(ws), spent: budget.spent });
    const parsed = runnerFrame(RunnerToDeployment, message, MAX_FRAME_BYTES);
    if ('refused' in parsed) {
      const { code, reason } = parsed.refused;
      if (code === CLOSE.badFrame) return { misunderstood: reason };
      closeQuietly(ws, code, reason);
      return null;
    }
    const { frame, text } = parsed;
    if (state.lease === null || frame.attempt !== state.attempt || frame.attempt !== attemptOf(ws)) {
      closeQuietly(ws, CLOSE.staleAttempt, 'The attempt is not the current one');
      return null;
    }
    if (!budget.spend(attemptCost(frame) - 1, 0, Date.now())) {
      budget.close(ws, Date.now());
      return null;
    }
    return { frame, text };
  }

  /** The runner's connections that are open. */
  open(): WebSocket[] {
    return this.#ctx.getWebSockets(TAG).filter((ws) => ws.readyState === WebSocket.OPEN);
  }

  /** Sends a frame to the runner, wherever it is connected. */
  send(frame: DeploymentToRunner): void {
    for (const ws of this.#ctx.getWebSockets(TAG)) sendFrame(ws, frame);
  }

  /** Tells the runner whether anyone follows the log, if it accepts that. */
  sendWatched(watched: boolean): void {
    for (const ws of this.#ctx.getWebSockets(ACCEPTS_WATCHED)) sendFrame(ws, { type: WATCHED, watched });
  }

  /** Ends the connection of the current attempt, whose runner has begun another one. */
  replace(): void {
    for (const ws of this.#ctx.getWebSockets(TAG)) closeQuietly(ws, CLOSE.replaced, REPLACED);
  }

  /** Ends the connection of an attempt that is not the current one any more. */
  close(): void {
    for (const ws of this.#ctx.getWebSockets(TAG))
      closeQuietly(ws, CLOSE.staleAttempt, 'The attempt is over');
  }

  /** When the runner was last heard: its last ping that the platform answered; 0 when it has sent none. */
  heardAt(ws: WebSocket): number {
    return this.#ctx.getWebSocketAutoResponseTimestamp(ws)?.getTime() ?? 0;
  }

  /** What the runner of the attempt has used. After a sleep of the object that is read from the connection's attachment. */
  #budgetOf(attempt: number): SenderBudget {
    if (this.#budget?.attempt !== attempt) {
      const sockets = this.#ctx.getWebSockets(TAG).filter((ws) => attemptOf(ws) === attempt);
      const spent = newestOf(sockets.map((ws) => ws.deserializeAttachment()?.spent));
      this.#budget = { attempt, budget: new SenderBudget(ATTEMPT, spent) };
    }
    return this.#budget.budget;
  }
}

function holdsLease(request: Request, { spec, state: { lease } }: Saved): boolean {
  const runner = authenticatedRunner(request);
  return (
    lease !== null &&
    runner !== null &&
    runner.id === lease.runner.id &&
    runner.ownerId === spec.ownerId &&
    request.headers.get(LEASE_TOKEN_HEADER) === lease.token
  );
}

/** A runner's socket that is closed immediately: its attempt is not the current one. */
export function staleAttempt(): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(CLOSE.staleAttempt, 'The attempt is not the current one');
  return new Response(null, { status: 101, webSocket: client });
}

/** Sends a frame to a runner. */
export function sendFrame(ws: WebSocket, frame: DeploymentToRunner): void {
  try {
    ws.send(JSON.stringify(frame));
  } catch {
    // The runner's connection is closing. It reconnects, and `welcome` says again what matters.
  }
}

/** The attempt that a runner's socket was opened for. */
export const attemptOf = (ws: WebSocket): number => ws.deserializeAttachment()?.attempt ?? 0;

/** Runners of versions that don't know the frame would put a warning into their journal for each. */
const acceptsWatched = (request: Request): boolean =>
  (request.headers.get(ACCEPTS_HEADER) ?? '').split(',').some((type) => type.trim() === WATCHED);

/** The runner whose connection it is, as a tag. */
const senderOf = (request: Request) => `runner ${authenticatedRunner(request)?.id}`;
