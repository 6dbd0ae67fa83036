/** The live log of a deployment whose log is archived: replay, end, close, without its object. */
import { CLOSE, type DeploymentStatus } from '@appflux/protocol';
import { journal } from '../journal.ts';
import { closeQuietly } from '../sockets/close.ts';
import type { LogArchive } from './archive/read.ts';
import { SILENT_MS, ViewerFlow } from './viewer-flow.ts';
import { finish, ndjsonFrame, rewindFrame, stateFrame, upgraded } from './viewer-frames.ts';

/** A viewer that has reported before may take this long to read on, in milliseconds. */
const STALLED_MS = 60_000;

/** Lets a viewer in and sends it the lines after `after`, as fast as it reads. */
export function replayArchive(
  status: DeploymentStatus,
  archive: Pick<LogArchive, 'linesAfter'>,
  after: number,
): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  replay(server, status, archive, after).catch((error: unknown) => {
    journal.error('replaying an archived log failed', error);
    closeQuietly(server, CLOSE.goingAway, 'The archived log could not be read; try again');
  });
  return upgraded(client);
}

async function replay(
  server: WebSocket,
  status: DeploymentStatus,
  archive: Pick<LogArchive, 'linesAfter'>,
  after: number,
): Promise<void> {
  const flow = new ViewerFlow(server);
  const reader = new Reader(server, flow);
  flow.send(stateFrame(status, null));
  const pieces = archive.linesAfter(after);
  let next = await pieces.next();
  for (; !next.done; next = await pieces.next()) {
    const frame = ndjsonFrame(next.value);
    if ((await reader.hasRoom(frame.length)) && flow.send(frame)) continue;
    flow.drop();
    await pieces.return(0);
    return;
  }
  if (after > next.value) flow.send(rewindFrame(next.value));
  finish(server, flow, status);
}

/** The viewer at the other end, who reads at a pace of their own. */
class Reader {
  readonly #flow: ViewerFlow;
  #gone = false;
  #wake: () => void = () => undefined;

  constructor(server: WebSocket, flow: ViewerFlow) {
    this.#flow = flow;
    server.addEventListener('message', ({ data }) => {
      if (flow.take(data)) this.#wake();
    });
    server.addEventListener('close', () => {
      this.#gone = true;
      this.#wake();
    });
  }

  /** Waits until a frame of this length may be sent; false when the viewer is gone, or has not read on in time. */
  async hasRoom(length: number): Promise<boolean> {
    while (!this.#flow.fits(length) && !this.#gone) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      this.#wake = () => resolve(true);
      const timer = setTimeout(() => resolve(false), this.#flow.reports ? STALLED_MS : SILENT_MS);
      const inTime = await promise;
      clearTimeout(timer);
      if (!inTime) return false;
    }
    return !this.#gone;
  }
}
