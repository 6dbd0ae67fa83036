/** The runner's side of a deployment: what its connections and frames do. */
import {
  type AttemptResult,
  CLOSE,
  DETAILS,
  FAILURE_LOCATION,
  failure,
  type RunnerToDeployment,
  SBOM,
  SERVER_SITES,
  SITE_BASE,
  SIZE_BUDGETS,
} from '@appflux/protocol';
import type { Viewers } from '../logs/viewers.ts';
import { closeQuietly } from '../sockets/close.ts';
import { AttemptDelivery, type DeliveryParts } from './attempt-delivery.ts';
import { type AttemptSocket, attemptOf, sendFrame } from './attempt-socket.ts';
import type { DeploymentLog } from './log.ts';

export interface AttemptParts extends DeliveryParts {
  readonly socket: AttemptSocket;
  readonly log: DeploymentLog;
  readonly viewers: Viewers;
  /** Whether this instance runs servers of sites. */
  readonly runsServers: boolean;
  /** A runner has connected for an attempt. */
  readonly connected: (attempt: number) => void;
  /** The log may have to be written sooner than the alarm rings. */
  readonly rearm: () => void;
}

export class Attempt {
  readonly #parts: AttemptParts;
  readonly #delivery: AttemptDelivery;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
    this.#delivery = new AttemptDelivery(parts);
  }

  /**
   * Answers a runner that connects for an attempt, and tells it how far its log was written and whether anyone follows
   * it.
   */
  accept(request: Request, attempt: number): Response {
    const { machine, socket, log, viewers, connected, apply } = this.#parts;
    const { answer, admitted } = socket.accept(request, attempt, machine.current());
    if (admitted === null) return answer;
    connected(attempt);
    apply({ type: 'connected', attempt });
    const ackedSeq = log.write();
    const { status, cancelReason } = machine.current().state;
    const canceling = status === 'canceling';
    sendFrame(admitted, { type: 'welcome', ackedSeq, canceling, accepts: this.#accepts() });
    if (canceling) sendFrame(admitted, { type: 'cancel', reason: cancelReason ?? '' });
    if (viewers.arePresent) socket.sendWatched(true);
    return answer;
  }

  /** What a runner may send beyond what every edge takes. */
  #accepts(): string[] {
    return [
      SITE_BASE,
      DETAILS,
      SBOM,
      FAILURE_LOCATION,
      SIZE_BUDGETS,
      ...(this.#parts.runsServers ? [SERVER_SITES] : []),
    ];
  }

  async message(ws: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const { machine, socket, apply } = this.#parts;
    const received = socket.receive(ws, message, machine.current().state);
    if (received === null) return;
    if ('misunderstood' in received) return this.#misunderstood(ws, received.misunderstood);
    const { frame, text } = received;
    switch (frame.type) {
      case 'lines':
        return this.#lines(ws, frame.lines, text);
      case 'sync':
        return this.writeLog();
      case 'upload':
        return this.#delivery.upload(ws, frame);
      case 'uploaded':
        return this.#delivery.uploaded(ws, frame);
      case 'site_base':
        return this.#delivery.siteBase(ws, frame);
      case 'finish':
        return this.#finish(ws, frame.result, frame.attempt);
      case 'phase':
        apply({ type: 'phase', attempt: frame.attempt, phase: frame.phase });
        return;
      case 'details': {
        const { attempt, notes, icon } = frame;
        apply({ type: 'details', attempt, details: { notes, icon } });
        return;
      }
      default:
        apply(frame);
    }
  }

  /** A connection has ended: the lease expires some time after the runner was last heard. */
  closed(ws: WebSocket): void {
    const { socket, log, apply } = this.#parts;
    // Completes the close handshake; a socket that is closed already throws.
    closeQuietly(ws, CLOSE.normal, 'Goodbye');
    log.write();
    if (socket.open().some((other) => other !== ws)) return;
    apply({ type: 'disconnected', attempt: attemptOf(ws), heardAt: socket.heardAt(ws) });
  }

  /** Tells the lifecycle when the runner was last heard, which decides about the lease. Returns whether it is connected. */
  noteHeartbeat(): boolean {
    const { socket, apply } = this.#parts;
    const open = socket.open();
    for (const ws of open) apply({ type: 'heard', attempt: attemptOf(ws), heardAt: socket.heardAt(ws) });
    return open.length > 0;
  }

  /** Writes the lines that have been gathered, and acks them to the runner. */
  writeLog(): void {
    const { socket, log } = this.#parts;
    socket.send({ type: 'ack', seq: log.write() });
  }

  #lines(ws: WebSocket, lines: Extract<RunnerToDeployment, { type: 'lines' }>['lines'], raw: string): void {
    const answer = this.#parts.log.take(lines, raw, Date.now());
    if (answer === 'misnumbered')
      this.#misunderstood(ws, 'The lines of a frame must be numbered without gaps');
    else if (answer !== null) sendFrame(ws, answer);
    this.#parts.rearm();
  }

  async #finish(ws: WebSocket, result: AttemptResult, attempt: number): Promise<void> {
    const { machine, apply } = this.#parts;
    const ending = await this.#delivery.ending(result, attempt);
    // Its app may have been deleted while budgets were checked.
    if (machine.saved === null || machine.isClosing) return;
    apply(ending);
    sendFrame(ws, { type: 'finished', status: machine.current().state.status });
    closeQuietly(ws, CLOSE.normal, 'The attempt is over');
  }

  /** A runner that sends invalid frames will go on doing so: the deployment fails with the reason. */
  #misunderstood(ws: WebSocket, why: string): void {
    const message = `The runner and this instance use incompatible versions (${why})`;
    const hint = 'Run the same version of AppFlux on both.';
    this.#parts.apply({
      type: 'failed',
      attempt: attemptOf(ws),
      failure: failure('internal', message, null, hint),
    });
    closeQuietly(ws, CLOSE.badFrame, why);
  }
}
