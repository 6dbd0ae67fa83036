/** The frames that viewers of a log get, live or replayed. */
import {
  CLOSE,
  type DeploymentStatus,
  LOGS_SUBPROTOCOL,
  type LogLine,
  type Phase,
  type ViewerFrame,
} from '@appflux/protocol';
import { closeQuietly } from '../sockets/close.ts';
import type { ViewerFlow } from './viewer-flow.ts';

export const stateFrame = (status: DeploymentStatus, phase: Phase | null) =>
  JSON.stringify({ type: 'state', status, phase } satisfies ViewerFrame);

export const rewindFrame = (lastSeq: number) =>
  JSON.stringify({ type: 'rewind', lastSeq } satisfies ViewerFrame);

export const linesFrame = (lines: readonly LogLine[]) =>
  JSON.stringify({ type: 'lines', lines: [...lines] } satisfies ViewerFrame);

/** A frame of the lines of NDJSON, without parsing them. */
export const ndjsonFrame = (ndjson: string) => `{"type":"lines","lines":[${ndjson.replaceAll('\n', ',')}]}`;

/** Tells a viewer that the log has ended, and closes its connection. */
export function finish(ws: WebSocket, flow: ViewerFlow, status: DeploymentStatus): void {
  if (flow.send(JSON.stringify({ type: 'end', status } satisfies ViewerFrame)))
    closeQuietly(ws, CLOSE.normal, 'The deployment has ended');
}

/** The answer to a viewer that is let in. */
export const upgraded = (client: WebSocket) =>
  new Response(null, {
    status: 101,
    webSocket: client,
    headers: { 'Sec-WebSocket-Protocol': LOGS_SUBPROTOCOL },
  });
