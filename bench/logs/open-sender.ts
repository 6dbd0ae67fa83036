/** The runner's own log stream on the socket of a simulated runner. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeploymentToRunner, PONG } from '@appflux/protocol';
import type { SimulatedAttempt } from '../../e2e/instance/simulated-runner.ts';
import type { LogLimits } from '../../runner/src/log/log-limits.ts';
import { LogSender } from '../../runner/src/log/log-sender.ts';

export interface SenderOptions {
  /** The last line that the edge has. */
  readonly ackedSeq?: number;
  readonly limits?: Partial<LogLimits>;
  /** Whether it sends lines sooner while someone follows the log; runners of earlier versions don't. */
  readonly heedsViewers?: boolean;
  /** Called for each frame that is sent. */
  readonly onFrame?: () => void;
}

let opened = 0;

/** A stream into the log of an attempt whose socket is open. Its faults are thrown. */
export function openSender(
  { grant, socket: { socket } }: SimulatedAttempt,
  { ackedSeq = 0, limits = {}, heedsViewers = true, onFrame }: SenderOptions = {},
): LogSender {
  opened += 1;
  const fault = (reason: unknown) => {
    throw reason instanceof Error ? reason : new Error(String(reason));
  };
  const stream = new LogSender({
    attempt: grant.attempt,
    ackedSeq,
    spoolPath: join(tmpdir(), `appflux-bench-${process.pid}-${opened}`),
    onFault: fault,
    onSpoolError: fault,
    limits,
  });
  socket.on('message', (data) => {
    const text = data.toString();
    if (text === PONG) return;
    const frame = DeploymentToRunner.parse(JSON.parse(text));
    if (frame.type === 'ack') stream.acked(frame.seq);
    if (frame.type === 'watched' && heedsViewers) stream.watched(frame.watched);
  });
  stream.connected(ackedSeq, (frame) => {
    onFrame?.();
    socket.send(frame);
    return true;
  });
  return stream;
}
