/** Those who follow a deployment's log live: hibernating WebSockets on its object, tagged `viewer`. */
import {
  AppFluxError,
  CLOSE,
  type DeploymentStatus,
  hasEnded,
  type LogLine,
  type Phase,
} from '@appflux/protocol';
import { attach } from '../limits/attachment.ts';
import { closeQuietly } from '../sockets/close.ts';
import { refuseUpgrade } from '../sockets/refuse.ts';
import { SILENT_MS, ViewerFlow } from './viewer-flow.ts';
import { finish, linesFrame, ndjsonFrame, rewindFrame, stateFrame, upgraded } from './viewer-frames.ts';

const TAG = 'viewer';

/** How many may follow one log, and how many connections of one person or program. */
export const MOST_VIEWERS = 500;
export const MOST_VIEWERS_OF_ONE = 120;

/** Frames of a replay hold about this many bytes. */
const REPLAY_FRAME_BYTES = 256 * 1024;

/** What a viewer sees: a deployment whose log isn't archived. */
export interface Viewed {
  readonly state: { readonly status: DeploymentStatus; readonly phase: Phase | null };
  readonly log: { readonly lastSeq: number; rows(after: number): Iterable<string> };
}

export class Viewers {
  readonly #ctx: DurableObjectState;
  readonly #flows = new WeakMap<WebSocket, ViewerFlow>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  /**
   * Admits a viewer and sends the state, the lines after `after`, and then all new lines. What fits into the window is sent
   * without a break, so no line is lost or repeated in between; the rest is sent when the viewer has read that
   * (`#catchUp`). `by` says whose connection it is.
   */
  accept(after: number, by: string, viewed: Viewed): Response {
    const refusal = this.#refusal(by);
    if (refusal !== null) return refuseUpgrade(refusal);
    const { state, log } = viewed;
    const { lastSeq } = log;
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [TAG, tagOf(by)]);
    const flow = this.#flow(server);
    flow.send(stateFrame(state.status, state.phase));
    if (after > lastSeq) flow.send(rewindFrame(lastSeq));
    flow.behind = after;
    this.#catchUp(server, flow, viewed);
    return upgraded(client);
  }

  /** Whether anyone follows the log. */
  get arePresent(): boolean {
    return this.#open().length > 0;
  }

  /** Handles a viewer's report. `viewed` is null when the log is archived. */
  message(ws: WebSocket, message: string | ArrayBuffer, viewed: Viewed | null): void {
    const flow = this.#flow(ws);
    if (!flow.take(message) || flow.behind === null) return;
    if (viewed === null) {
      // The lines are in storage now, from where the next connection reads them.
      flow.drop();
      return;
    }
    if (!this.#catchUp(ws, flow, viewed)) return;
    const { status, phase } = viewed.state;
    if (!hasEnded(status)) flow.send(stateFrame(status, phase));
  }

  /** Completes the handshake of a viewer that leaves. */
  closed(ws: WebSocket): void {
    closeQuietly(ws, CLOSE.normal, '');
  }

  /** Lines that are new; `raw` is the frame that brought them, passed on exactly as it came. */
  lines(lines: readonly LogLine[], raw: string = linesFrame(lines)): void {
    for (const ws of this.#open()) {
      const flow = this.#flow(ws);
      if (flow.behind !== null) continue;
      if (flow.fits(raw.length)) flow.send(raw);
      else this.#wait(flow, (lines[0]?.seq ?? 1) - 1);
    }
  }

  state(status: DeploymentStatus, phase: Phase | null): void {
    const frame = stateFrame(status, phase);
    for (const ws of this.#open()) {
      const flow = this.#flow(ws);
      if (flow.behind === null) flow.send(frame);
    }
  }

  /** The deployment has ended. Viewers that have to catch up get the end when they have. */
  end(status: DeploymentStatus): void {
    for (const ws of this.#open()) {
      const flow = this.#flow(ws);
      if (flow.behind === null) finish(ws, flow, status);
    }
  }

  /** The deployment was removed: every viewer gets the end, whatever it has read. */
  endAll(status: DeploymentStatus): void {
    for (const ws of this.#open()) finish(ws, this.#flow(ws), status);
  }

  /** Sends what the viewer has not had, as far as its window goes; whether that was all. */
  #catchUp(ws: WebSocket, flow: ViewerFlow, { state, log }: Viewed): boolean {
    let last = flow.behind ?? 0;
    for (const piece of gather(log.rows(last))) {
      const frame = ndjsonFrame(piece);
      if (!flow.fits(frame.length)) {
        this.#wait(flow, last);
        return false;
      }
      if (!flow.send(frame)) return false;
      last += countLines(piece);
    }
    flow.behind = null;
    if (hasEnded(state.status)) finish(ws, flow, state.status);
    return true;
  }

  /**
   * Sends nothing more after this line until the viewer reports that it has read. One that never reports is dropped; a
   * timer keeps the object awake, but only for as long as it takes to find that out.
   */
  #wait(flow: ViewerFlow, after: number): void {
    flow.behind = after;
    if (flow.reports) return;
    setTimeout(() => {
      if (!flow.reports) flow.drop();
    }, SILENT_MS);
  }

  /** Why one more connection is not admitted, or null. Those count, too, whose end the other side has not confirmed yet. */
  #refusal(by: string): AppFluxError | null {
    if (this.#ctx.getWebSockets(tagOf(by)).length >= MOST_VIEWERS_OF_ONE)
      return tooManyViewers(`You follow this log on ${MOST_VIEWERS_OF_ONE} connections already`);
    if (this.#ctx.getWebSockets(TAG).length >= MOST_VIEWERS)
      return tooManyViewers(`${MOST_VIEWERS} connections follow this log already`);
    return null;
  }

  #open(): WebSocket[] {
    return this.#ctx.getWebSockets(TAG).filter((ws) => ws.readyState === WebSocket.OPEN);
  }

  #flow(ws: WebSocket): ViewerFlow {
    let flow = this.#flows.get(ws);
    if (flow === undefined) {
      const note = (stand: object) => attach(ws, stand);
      flow = new ViewerFlow(ws, note, ws.deserializeAttachment() ?? undefined);
      this.#flows.set(ws, flow);
    }
    return flow;
  }
}

/** A tag has 256 characters at most; ids are far shorter. */
const tagOf = (by: string) => `${TAG} ${by}`.slice(0, 256);

const tooManyViewers = (message: string) =>
  new AppFluxError('too_many_requests', message, {
    hint: 'Close one of them, or read the log with GET /api/deployments/:id/logs.',
    retryAfterSeconds: 30,
  });

/** How many lines a piece of NDJSON has. */
function countLines(piece: string): number {
  let lines = 1;
  for (let at = piece.indexOf('\n'); at !== -1; at = piece.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

function* gather(pieces: Iterable<string>): Generator<string> {
  let gathered: string[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    gathered.push(piece);
    bytes += piece.length;
    if (bytes >= REPLAY_FRAME_BYTES) {
      yield gathered.join('\n');
      gathered = [];
      bytes = 0;
    }
  }
  if (gathered.length > 0) yield gathered.join('\n');
}
