/** Through the minimum: a process that passes every frame of one socket to all others. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { LogSender } from '../../runner/src/log/log-sender.ts';
import { STREAM_LIMITS } from './measure.ts';
import type { LogPath, OpenLog } from './path.ts';

export class RelayPath implements LogPath {
  readonly name = 'bare ws relay';
  readonly #isWatched: boolean;
  #opened = 0;

  /** `isWatched`: whether the source sends lines as soon as it does while someone follows the log. */
  constructor({ isWatched = true } = {}) {
    this.#isWatched = isWatched;
  }

  async open(): Promise<OpenLog> {
    this.#opened += 1;
    const relay = fork(join(import.meta.dirname, 'relay-process.ts'));
    const [port] = (await once(relay, 'message')) as [number];
    const url = `ws://127.0.0.1:${port}`;
    const socket = new WebSocket(`${url}/source`);
    await once(socket, 'open');
    const stream = new LogSender({
      attempt: 1,
      ackedSeq: 0,
      spoolPath: join(tmpdir(), `appflux-bench-relay-${process.pid}-${this.#opened}`),
      onFault: (message) => {
        throw new Error(message);
      },
      onSpoolError: (error) => {
        throw error;
      },
      limits: STREAM_LIMITS,
    });
    let frames = 0;
    stream.connected(0, (frame) => {
      frames += 1;
      // A relay stores nothing and confirms nothing: what the kernel has accepted counts as delivered.
      const last = /.*"seq":(\d+)/s.exec(frame)?.[1];
      if (last !== undefined) socket.send(frame, () => stream.acked(Number(last)));
      return true;
    });
    stream.watched(this.#isWatched);
    return {
      viewerUrl: `${url}/viewer`,
      viewerProtocols: [],
      lastSeq: 0,
      stream,
      frames: () => frames,
      close: async () => {
        stream.close();
        socket.close();
        relay.disconnect();
        await once(relay, 'exit');
      },
    };
  }
}
