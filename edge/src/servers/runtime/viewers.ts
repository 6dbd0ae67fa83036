/** Those who follow the log of an app's servers live: hibernating WebSockets on its object. */
import {
  AppFluxError,
  CLOSE,
  RUNTIME_SUBPROTOCOL,
  type RuntimeFilter,
  type RuntimeFrame,
  type RuntimeLine,
  type RuntimeTailQuery,
} from '@appflux/protocol';
import { attach } from '../../limits/attachment.ts';
import { type FlowState, SILENT_MS, ViewerFlow } from '../../logs/viewer-flow.ts';
import { closeQuietly } from '../../sockets/close.ts';
import { refuseUpgrade } from '../../sockets/refuse.ts';
import { matcherOf, type RuntimeStore } from './store.ts';

const TAG = 'viewer';

/** How many may follow one app's log, and how many connections of one person or program. */
export const MOST_VIEWERS = 200;
export const MOST_VIEWERS_OF_ONE = 40;

/** Lines of one frame while a viewer catches up. */
const FRAME_LINES = 100;

/** What a connection remembers while its object sleeps. */
interface Attached {
  readonly filter: RuntimeFilter;
  readonly flow?: FlowState;
}

interface Viewer {
  readonly flow: ViewerFlow;
  readonly filter: RuntimeFilter;
}

export class RuntimeViewers {
  readonly #ctx: DurableObjectState;
  readonly #viewers = new WeakMap<WebSocket, Viewer>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  /** Admits a viewer and sends the lines after `after`, if that is given, and then all new ones. */
  accept({ after, ...filter }: RuntimeTailQuery, by: string, store: RuntimeStore): Response {
    const refusal = this.#refusal(by);
    if (refusal !== null) return refuseUpgrade(refusal);
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [TAG, tagOf(by)]);
    attach(server, { filter } satisfies Attached);
    const viewer = this.#viewer(server);
    if (after !== undefined && after > store.lastSeq)
      viewer.flow.send(frameOf({ type: 'rewind', lastSeq: store.lastSeq }));
    // An empty frame says from where to go on after a lost connection.
    else if (after === undefined)
      viewer.flow.send(frameOf({ type: 'lines', lines: [], upTo: store.lastSeq }));
    viewer.flow.behind = Math.min(after ?? store.lastSeq, store.lastSeq);
    this.#catchUp(viewer, store);
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: { 'Sec-WebSocket-Protocol': RUNTIME_SUBPROTOCOL },
    });
  }

  /** Handles a viewer's report of what it has read. */
  message(ws: WebSocket, message: string | ArrayBuffer, store: RuntimeStore): void {
    const viewer = this.#viewer(ws);
    if (viewer.flow.take(message) && viewer.flow.behind !== null) this.#catchUp(viewer, store);
  }

  /** Completes the handshake of a viewer that leaves. */
  closed(ws: WebSocket): void {
    closeQuietly(ws, CLOSE.normal, '');
  }

  /** Lines that are new. */
  lines(lines: readonly RuntimeLine[]): void {
    const [first, last] = [lines[0], lines.at(-1)];
    if (first === undefined || last === undefined) return;
    const frames = new Map<string, string | null>();
    for (const ws of this.#open()) {
      const { flow, filter } = this.#viewer(ws);
      if (flow.behind !== null) continue;
      const key = JSON.stringify([filter.environment, filter.deploymentId, filter.level]);
      let frame = frames.get(key);
      if (frame === undefined) {
        const matching = lines.filter(matcherOf(filter));
        frame = matching.length === 0 ? null : frameOf({ type: 'lines', lines: matching, upTo: last.seq });
        frames.set(key, frame);
      }
      if (frame === null) continue;
      if (flow.fits(frame.length)) flow.send(frame);
      else this.#wait(flow, first.seq - 1);
    }
  }

  /** The app was removed. */
  endAll(): void {
    for (const ws of this.#open()) closeQuietly(ws, CLOSE.normal, 'The app was deleted');
  }

  /** Sends what the viewer has not had, as far as its window goes. */
  #catchUp({ flow, filter }: Viewer, store: RuntimeStore): void {
    for (let last = flow.behind ?? 0; last < store.lastSeq; ) {
      const { items, nextAfter } = store.page({ after: last, limit: FRAME_LINES, filter });
      const frame = frameOf({ type: 'lines', lines: items, upTo: nextAfter });
      if (!flow.fits(frame.length)) {
        this.#wait(flow, last);
        return;
      }
      if (!flow.send(frame)) return;
      last = nextAfter;
    }
    flow.behind = null;
  }

  /** Sends nothing more after this line until the viewer reports that it has read. One that never does is dropped. */
  #wait(flow: ViewerFlow, after: number): void {
    flow.behind = after;
    if (flow.reports) return;
    setTimeout(() => {
      if (!flow.reports) flow.drop();
    }, SILENT_MS);
  }

  /** Why one more connection is not admitted, or null. */
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

  #viewer(ws: WebSocket): Viewer {
    let viewer = this.#viewers.get(ws);
    if (viewer === undefined) {
      const { filter, flow: stood } = ws.deserializeAttachment() as Attached;
      const note = (flow: FlowState) => attach(ws, { filter, flow } satisfies Attached);
      viewer = { filter, flow: new ViewerFlow(ws, note, stood) };
      this.#viewers.set(ws, viewer);
    }
    return viewer;
  }
}

const frameOf = (frame: RuntimeFrame): string => JSON.stringify(frame);

/** A tag has 256 characters at most; ids are far shorter. */
const tagOf = (by: string) => `${TAG} ${by}`.slice(0, 256);

const tooManyViewers = (message: string) =>
  new AppFluxError('too_many_requests', message, {
    hint: 'Close one of them, or read the log with GET /api/apps/:slug/runtime/logs.',
    retryAfterSeconds: 30,
  });
