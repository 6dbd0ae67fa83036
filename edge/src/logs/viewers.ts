/** Those who follow a deployment's log live: hibernating WebSockets on its object, tagged `viewer`. */
import {
  CLOSE,
  type DeploymentStatus,
  hasEnded,
  LOGS_SUBPROTOCOL,
  type LogLine,
  type Phase,
  type ViewerFrame,
} from '@appflux/protocol';
import { closeQuietly } from '../sockets/close.ts';
import type { LogArchive } from './archive/read.ts';
import { linesFrame } from './ndjson.ts';
import { ViewerFlow } from './viewer-flow.ts';

const TAG = 'viewer';

/** Frames of a replay hold about this many bytes. */
const REPLAY_FRAME_BYTES = 256 * 1024;

const stateFrame = (status: DeploymentStatus, phase: Phase | null) =>
  JSON.stringify({ type: 'state', status, phase } satisfies ViewerFrame);

/** Where a viewer's replay comes from. */
interface Replay {
  readonly lastSeq: number;
  rows(after: number): Iterable<string>;
}

const rewindFrame = (lastSeq: number) => JSON.stringify({ type: 'rewind', lastSeq } satisfies ViewerFrame);

export class Viewers {
  readonly #ctx: DurableObjectState;
  readonly #flows = new WeakMap<WebSocket, ViewerFlow>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  /**
   * Lets a viewer in: the state, what it missed, then whatever comes. All of it happens without a break, so
   * no line is lost or repeated at the seam.
   */
  accept(state: { status: DeploymentStatus; phase: Phase | null }, log: Replay, after: number): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [TAG]);
    const flow = this.#flow(server);
    flow.send(stateFrame(state.status, state.phase));
    if (after > log.lastSeq) flow.send(rewindFrame(log.lastSeq));
    let open = true;
    for (const piece of gather(log.rows(after))) {
      open = flow.send(linesFrame(piece));
      if (!open) break;
    }
    if (open && hasEnded(state.status)) finish(server, flow, state.status);
    return upgraded(client);
  }

  /** What a viewer says. */
  message(ws: WebSocket, message: string | ArrayBuffer): void {
    this.#flow(ws).heard(message);
  }

  /** Completes the handshake of a viewer that leaves. */
  closed(ws: WebSocket): void {
    closeQuietly(ws, CLOSE.normal, '');
  }

  /** Lines that are new; `raw` is the frame that brought them, passed on exactly as it came. */
  lines(lines: readonly LogLine[], raw: string = frameOf(lines)): void {
    for (const ws of this.#open()) this.#flow(ws).send(raw);
  }

  state(status: DeploymentStatus, phase: Phase | null): void {
    const frame = stateFrame(status, phase);
    for (const ws of this.#open()) this.#flow(ws).send(frame);
  }

  end(status: DeploymentStatus): void {
    for (const ws of this.#open()) finish(ws, this.#flow(ws), status);
  }

  #open(): WebSocket[] {
    return this.#ctx.getWebSockets(TAG).filter((ws) => ws.readyState === WebSocket.OPEN);
  }

  #flow(ws: WebSocket): ViewerFlow {
    let flow = this.#flows.get(ws);
    if (flow === undefined) {
      const note = (stand: object) => ws.serializeAttachment(stand);
      flow = new ViewerFlow(ws, note, ws.deserializeAttachment() ?? undefined);
      this.#flows.set(ws, flow);
    }
    return flow;
  }
}

function finish(ws: WebSocket, flow: ViewerFlow, status: DeploymentStatus): void {
  if (flow.send(JSON.stringify({ type: 'end', status } satisfies ViewerFrame)))
    closeQuietly(ws, CLOSE.normal, 'The deployment has ended');
}

const frameOf = (lines: readonly LogLine[]) =>
  JSON.stringify({ type: 'lines', lines: [...lines] } satisfies ViewerFrame);

const upgraded = (client: WebSocket) =>
  new Response(null, {
    status: 101,
    webSocket: client,
    headers: { 'Sec-WebSocket-Protocol': LOGS_SUBPROTOCOL },
  });

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

/** The same for a deployment whose log is archived, without its object: replay, end, close. */
export function replayArchive(status: DeploymentStatus, archive: LogArchive, after: number): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  const flow = new ViewerFlow(server);
  server.addEventListener('message', ({ data }) => flow.heard(data));
  const replay = async () => {
    flow.send(stateFrame(status, null));
    const lines = archive.linesAfter(after);
    let next = await lines.next();
    for (; !next.done; next = await lines.next()) {
      if (flow.send(linesFrame(next.value))) continue;
      await lines.return(0);
      return;
    }
    if (after > next.value) flow.send(rewindFrame(next.value));
    finish(server, flow, status);
  };
  replay().catch((error: unknown) => {
    console.error('replaying an archived log failed', error);
    server.close(CLOSE.goingAway, 'The archived log could not be read; try again');
  });
  return upgraded(client);
}
