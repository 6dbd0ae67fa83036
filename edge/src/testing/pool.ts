/** A runner for tests of the control plane: it connects to its pool and sends what the test wants. */
import { type Grant, PoolToRunner, type RunnerToPool } from '@appflux/protocol';
import { request } from './worker.ts';

type Hello = Partial<Omit<Extract<RunnerToPool, { type: 'hello' }>, 'type'>>;

/** Opens the socket of a runner to its pool, through the Worker, as runners do. */
export const connectPool = async (credential: string) =>
  opened(await request('/api/pool/connect', { token: credential, headers: { Upgrade: 'websocket' } }));

/** A runner's side of the socket that a pool has answered with. */
export function opened({ webSocket, status }: Response) {
  if (webSocket === null) throw new Error(`no socket was given, but ${status}`);
  const frames: PoolToRunner[] = [];
  const closed = new Promise<number>((resolve) => {
    webSocket.addEventListener('close', ({ code }) => resolve(code));
  });
  webSocket.addEventListener('message', ({ data }) => {
    frames.push(PoolToRunner.parse(JSON.parse(String(data))));
  });
  webSocket.accept();
  const send = (frame: RunnerToPool) => webSocket.send(JSON.stringify(frame));
  return {
    closed,
    frames,
    send,
    hello: (hello: Hello) =>
      send({ type: 'hello', version: '0.1.0', labels: [], slots: 1, running: [], ...hello }),
    /** What it was granted so far. */
    grants: (): Grant[] => frames.flatMap((frame) => (frame.type === 'grant' ? [frame.grant] : [])),
    close: () => webSocket.close(1000),
  };
}
