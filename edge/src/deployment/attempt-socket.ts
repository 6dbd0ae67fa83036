/** The runner's side of a deployment: one WebSocket for the current attempt, and what its frames do. */
import {
  AppFluxError,
  type AttemptResult,
  CLOSE,
  type DeploymentToRunner,
  failure,
  LEASE_TOKEN_HEADER,
  MAX_ARTIFACTS,
  MAX_FRAME_BYTES,
  RunnerToDeployment,
} from '@appflux/protocol';
import { authenticatedRunner } from '../identity/runner-header.ts';
import { journal } from '../journal.ts';
import { attach } from '../limits/attachment.ts';
import type { LogStore } from '../logs/store.ts';
import type { Viewers } from '../logs/viewers.ts';
import { closeQuietly } from '../sockets/close.ts';
import { parseFrame } from '../sockets/frame.ts';
import { type ArtifactUploads, DeliveryInvalid, tooManyArtifacts, UploadRefused } from './artifacts.ts';
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
  apply(event: Event): Refusal | null;
  /** What is due next may have changed. */
  rearm(): void;
}

type Frame<Type extends RunnerToDeployment['type']> = Extract<RunnerToDeployment, { type: Type }>;

export class AttemptSocket {
  readonly #ctx: DurableObjectState;
  readonly #deployment: Deployment;
  readonly #lines: AttemptLines;

  constructor(ctx: DurableObjectState, deployment: Deployment) {
    this.#ctx = ctx;
    this.#deployment = deployment;
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
    const { 0: client, 1: server } = new WebSocketPair();
    const answer = new Response(null, { status: 101, webSocket: client });
    for (const older of this.#ctx.getWebSockets(TAG))
      closeQuietly(older, CLOSE.replaced, 'A newer connection took over');
    this.#ctx.acceptWebSocket(server, [TAG]);
    attach(server, { attempt });
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
    if (typeof message !== 'string' || message.length > MAX_FRAME_BYTES) {
      closeQuietly(ws, CLOSE.tooLarge, 'Frames are text of at most 512 KB');
      return;
    }
    const parsed = parseFrame(RunnerToDeployment, message);
    if ('refused' in parsed) {
      this.#misunderstood(ws, parsed.refused);
      return;
    }
    const { frame } = parsed;
    if (this.#isStale(ws, frame.attempt)) {
      closeQuietly(ws, CLOSE.staleAttempt, 'The attempt is not the current one');
      return;
    }
    switch (frame.type) {
      case 'lines':
        return this.#take(ws, frame, message);
      case 'sync':
        return this.#lines.write();
      case 'upload':
        return this.#upload(ws, frame);
      case 'uploaded':
        return this.#uploaded(ws, frame);
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

  async #upload(ws: WebSocket, frame: Frame<'upload'>): Promise<void> {
    const { app, id, limits } = this.#deployment.spec();
    const { request } = frame;
    await answerUpload(ws, request, async () => {
      try {
        const plan = await this.#deployment.artifacts.begin(app.id, id, frame, limits.artifactBytes);
        send(ws, { type: 'upload_granted', request, partSize: plan.partSize, parts: plan.parts });
      } catch (error) {
        if (!(error instanceof DeliveryInvalid)) throw error;
        this.#deployment.apply(invalidDelivery(frame.attempt, error));
        closeQuietly(ws, CLOSE.staleAttempt, 'The attempt is over');
      }
    });
  }

  async #uploaded(ws: WebSocket, frame: Frame<'uploaded'>): Promise<void> {
    const { request, attempt, name, parts } = frame;
    await answerUpload(ws, request, async () => {
      await this.#deployment.artifacts.complete(attempt, name, parts);
      send(ws, { type: 'upload_done', request });
    });
  }

  #finish(ws: WebSocket, result: AttemptResult, attempt: number): void {
    this.#deployment.apply(this.#ending(result, attempt));
    send(ws, { type: 'finished', status: this.#deployment.state().status });
    closeQuietly(ws, CLOSE.normal, 'The attempt is over');
  }

  /** The event that a runner's word makes; success only if all that it names lies in storage. */
  #ending(result: AttemptResult, attempt: number): Event {
    if (result.status === 'failed') return { type: 'failed', attempt, failure: result.failure };
    if (result.status === 'canceled') return { type: 'stopped', attempt };
    if (result.status === 'skipped') return { type: 'skipped', attempt, reason: result.reason };
    if (result.artifacts.length > MAX_ARTIFACTS) return invalidDelivery(attempt, tooManyArtifacts());
    const artifacts = this.#deployment.artifacts.delivered(attempt, result.artifacts);
    if (artifacts !== null) return { type: 'succeeded', attempt, artifacts };
    const message = 'The runner said success, but not all of its artifacts lie in storage';
    return { type: 'failed', attempt, failure: failure('upload_failed', message, 'uploading') };
  }
}

/** The event of an attempt whose build made what no deployment can deliver. */
const invalidDelivery = (attempt: number, { message, hint }: DeliveryInvalid): Event => ({
  type: 'failed',
  attempt,
  failure: failure('artifact_invalid', message, 'uploading', hint),
});

/** A runner's socket that is closed at once: the attempt it wants to go on with is not the current one. */
export function staleAttempt(): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(CLOSE.staleAttempt, 'The attempt is not the current one');
  return new Response(null, { status: 101, webSocket: client });
}

async function answerUpload(ws: WebSocket, request: string, answer: () => Promise<void>): Promise<void> {
  try {
    await answer();
  } catch (error) {
    if (!(error instanceof UploadRefused)) journal.error('an upload failed', error);
    const message = error instanceof UploadRefused ? error.message : 'Storage does not answer as it should';
    const again = error instanceof AppFluxError && error.code === 'unavailable';
    send(ws, { type: 'upload_refused', request, message, again });
  }
}

const attemptOf = (ws: WebSocket): number => ws.deserializeAttachment()?.attempt ?? 0;

function send(ws: WebSocket, frame: DeploymentToRunner): void {
  try {
    ws.send(JSON.stringify(frame));
  } catch {
    // The runner's connection is closing: it will come back, and is told again what matters.
  }
}
