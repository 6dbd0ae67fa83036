/** The runner's side of a deployment: one WebSocket for the current attempt, and what its frames do. */
import {
  type AttemptResult,
  CLOSE,
  type DeploymentToRunner,
  failure,
  LEASE_TOKEN_HEADER,
  MAX_FRAME_BYTES,
  RunnerToDeployment,
} from '@appflux/protocol';
import { attach } from '../limits/attachment.ts';
import type { LogStore } from '../logs/store.ts';
import type { Viewers } from '../logs/viewers.ts';
import { ATTEMPT, attemptCost } from '../sockets/allowances.ts';
import { closeQuietly } from '../sockets/close.ts';
import type { CutOff } from '../sockets/cut-off.ts';
import { runnerFrame } from '../sockets/frame.ts';
import { authenticatedRunner } from '../sockets/runner-header.ts';
import { newestOf, SenderBudget, sizeOf, tooManyConnections } from '../sockets/sender-budget.ts';
import type { ArtifactUploads } from './artifacts.ts';
import { AttemptDelivery, send } from './attempt-delivery.ts';
import { AttemptLines } from './attempt-lines.ts';
import type { Event, Refusal } from './lifecycle.ts';
import type { Spec, State } from './state.ts';

const TAG = 'attempt';

/** What the socket needs of its deployment. */
export interface Deployment {
  spec(): Spec;
  state(): State;
  log(): LogStore;
  viewers: Viewers;
  artifacts: ArtifactUploads;
  cutOff: CutOff;
  apply(event: Event): Refusal | null;
  /** What is due next may have changed. */
  rearm(): void;
}

type Frame<Type extends RunnerToDeployment['type']> = Extract<RunnerToDeployment, { type: Type }>;

export class AttemptSocket {
  readonly #ctx: DurableObjectState;
  readonly #deployment: Deployment;
  readonly #lines: AttemptLines;
  readonly #delivery: AttemptDelivery;
  /** What the runner of an attempt has used, over all of its connections. */
  #budget: { attempt: number; budget: SenderBudget } | null = null;

  constructor(ctx: DurableObjectState, deployment: Deployment) {
    this.#ctx = ctx;
    this.#deployment = deployment;
    this.#delivery = new AttemptDelivery(deployment);
    this.#lines = new AttemptLines({
      log: () => deployment.log(),
      viewers: deployment.viewers,
      toRunner: (frame) => this.#send(frame),
      rearm: () => deployment.rearm(),
    });
  }

  /** Whether this is a runner's socket. */
  owns(ws: WebSocket): boolean {
    return this.#ctx.getTags(ws).includes(TAG);
  }

  /**
   * Admits the runner that holds the lease; any other connection is closed with `staleAttempt`. The lease token alone
   * is not enough: it must come with the credential of the runner that it was granted to, in the deployment's own team.
   * A newer connection replaces an older one.
   */
  accept(request: Request, attempt: number): Response {
    if (attempt !== this.#deployment.state().attempt || !this.#holdsLease(request)) return staleAttempt();
    const budget = this.#budgetOf(attempt);
    const now = Date.now();
    const sender = senderOf(request);
    const wait = this.#deployment.cutOff.waitFor(sender, now) || budget.connect(now);
    if (wait > 0) return tooManyConnections(wait);
    const { 0: client, 1: server } = new WebSocketPair();
    const answer = new Response(null, { status: 101, webSocket: client });
    for (const older of this.#ctx.getWebSockets(TAG))
      closeQuietly(older, CLOSE.replaced, 'A newer connection took over');
    this.#ctx.acceptWebSocket(server, [TAG, sender]);
    attach(server, { attempt, spent: budget.spent });
    this.#deployment.apply({ type: 'connected', attempt });
    const log = this.#deployment.log();
    log.flush();
    const { status, cancelReason } = this.#deployment.state();
    const canceling = status === 'canceling';
    send(server, { type: 'welcome', ackedSeq: log.writtenSeq, canceling });
    if (canceling) send(server, { type: 'cancel', reason: cancelReason ?? '' });
    return answer;
  }

  async message(ws: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const budget = this.#budgetOf(attemptOf(ws));
    if (!budget.spend(1, sizeOf(message), Date.now())) {
      budget.close(ws, Date.now());
      return;
    }
    if (budget.takeUnsaved()) attach(ws, { attempt: attemptOf(ws), spent: budget.spent });
    const parsed = runnerFrame(RunnerToDeployment, message, MAX_FRAME_BYTES);
    if ('refused' in parsed) {
      const { code, reason } = parsed.refused;
      if (code === CLOSE.badFrame) this.#misunderstood(ws, reason);
      else closeQuietly(ws, code, reason);
      return;
    }
    const { frame, text } = parsed;
    if (this.#isStale(ws, frame.attempt)) {
      closeQuietly(ws, CLOSE.staleAttempt, 'The attempt is not the current one');
      return;
    }
    if (!budget.spend(attemptCost(frame) - 1, 0, Date.now())) {
      budget.close(ws, Date.now());
      return;
    }
    switch (frame.type) {
      case 'lines':
        return this.#take(ws, frame, text);
      case 'sync':
        return this.#lines.write();
      case 'upload':
        return this.#delivery.upload(ws, frame);
      case 'uploaded':
        return this.#delivery.uploaded(ws, frame);
      case 'finish':
        return this.#finish(ws, frame.result, frame.attempt);
      case 'phase': {
        const { attempt, phase } = frame;
        this.#deployment.apply({ type: 'phase', attempt, phase });
        return;
      }
      default:
        this.#deployment.apply(frame);
    }
  }

  /** When lines have to be written at the latest; null when none have. */
  writeBy(): number | null {
    return this.#lines.writeBy();
  }

  /** Writes lines that have waited long enough by `now`. */
  writeDue(now: number): void {
    this.#lines.writeDue(now);
  }

  /** A runner whose words make no sense will not make more of it the next time: the deployment fails, and says why. */
  #misunderstood(ws: WebSocket, why: string): void {
    const message = `The runner and this edge do not understand each other (${why})`;
    const hint = 'Run the same version of AppFlux on both.';
    const event = {
      type: 'failed',
      attempt: attemptOf(ws),
      failure: failure('internal', message, null, hint),
    } as const;
    this.#deployment.apply(event);
    closeQuietly(ws, CLOSE.badFrame, why);
  }

  /** The socket is gone: from its last sign of life on the lease runs out. */
  closed(ws: WebSocket): void {
    // The close handshake is completed from this side too; a socket that is closed already says so by throwing.
    closeQuietly(ws, CLOSE.normal, 'Goodbye');
    this.#deployment.log().flush();
    const stillThere = this.#ctx
      .getWebSockets(TAG)
      .some((other) => other !== ws && other.readyState === WebSocket.OPEN);
    if (!stillThere) {
      this.#deployment.apply({ type: 'disconnected', attempt: attemptOf(ws), heardAt: this.#heardAt(ws) });
    }
  }

  /** Tells the lifecycle when the runner was last heard, so that it can judge the lease. Gives whether it is there. */
  noteHeartbeat(): boolean {
    const open = this.#ctx.getWebSockets(TAG).filter((ws) => ws.readyState === WebSocket.OPEN);
    for (const ws of open) {
      this.#deployment.apply({ type: 'heard', attempt: attemptOf(ws), heardAt: this.#heardAt(ws) });
    }
    return open.length > 0;
  }

  cancel(reason: string): void {
    this.#send({ type: 'cancel', reason });
  }

  /** Ends the connection of an attempt that is not the current one any more. */
  close(): void {
    for (const ws of this.#ctx.getWebSockets(TAG))
      closeQuietly(ws, CLOSE.staleAttempt, 'The attempt is over');
  }

  /** Removes what attempts that did not succeed have put into storage. */
  async discard(): Promise<void> {
    const spec = this.#deployment.spec();
    const { status, attempt } = this.#deployment.state();
    const keep = status === 'success' || status === 'building' ? attempt : null;
    await this.#deployment.artifacts.discard(spec.app.id, spec.id, keep);
  }

  #holdsLease(request: Request): boolean {
    const { lease } = this.#deployment.state();
    const runner = authenticatedRunner(request);
    return (
      lease !== null &&
      runner !== null &&
      runner.id === lease.runner.id &&
      runner.ownerId === this.#deployment.spec().ownerId &&
      request.headers.get(LEASE_TOKEN_HEADER) === lease.token
    );
  }

  /** What the runner of the attempt has used: as it is stored with its connection, where the object has slept. */
  #budgetOf(attempt: number): SenderBudget {
    if (this.#budget?.attempt !== attempt) {
      const sockets = this.#ctx.getWebSockets(TAG).filter((ws) => attemptOf(ws) === attempt);
      const spent = newestOf(sockets.map((ws) => ws.deserializeAttachment()?.spent));
      this.#budget = { attempt, budget: new SenderBudget(ATTEMPT, spent) };
    }
    return this.#budget.budget;
  }

  #isStale(ws: WebSocket, attempt: number): boolean {
    const state = this.#deployment.state();
    return state.lease === null || attempt !== state.attempt || attempt !== attemptOf(ws);
  }

  /** When the runner was last heard: its last ping that the platform answered, or the connection's own time. */
  #heardAt(ws: WebSocket): number {
    return this.#ctx.getWebSocketAutoResponseTimestamp(ws)?.getTime() ?? 0;
  }

  #send(frame: DeploymentToRunner): void {
    for (const ws of this.#ctx.getWebSockets(TAG)) send(ws, frame);
  }

  #take(ws: WebSocket, frame: Frame<'lines'>, raw: string): void {
    const answer = this.#lines.take(frame.lines, raw, Date.now());
    if (answer === 'misnumbered') this.#misunderstood(ws, 'The lines of a frame are numbered without gaps');
    else if (answer !== null) send(ws, answer);
  }

  #finish(ws: WebSocket, result: AttemptResult, attempt: number): void {
    this.#deployment.apply(this.#delivery.ending(result, attempt));
    send(ws, { type: 'finished', status: this.#deployment.state().status });
    closeQuietly(ws, CLOSE.normal, 'The attempt is over');
  }
}

/** A runner's socket that is closed at once: the attempt it wants to go on with is not the current one. */
export function staleAttempt(): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(CLOSE.staleAttempt, 'The attempt is not the current one');
  return new Response(null, { status: 101, webSocket: client });
}

/** The runner whose connection it is, as a tag. */
const senderOf = (request: Request) => `runner ${authenticatedRunner(request)?.id}`;

const attemptOf = (ws: WebSocket): number => ws.deserializeAttachment()?.attempt ?? 0;
