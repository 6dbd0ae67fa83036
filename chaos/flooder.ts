/**
 * A hostile runner with a valid credential: it floods its pool with well-formed frames of every kind, as fast as it
 * can. It is drained, so that it gets no job, and otherwise a member of the pool like those that build.
 */
import { PING, type RunnerToPool } from '@appflux/protocol';
import { WebSocket } from 'ws';
import type { Client } from '../e2e/instance/client.ts';

const NAME = 'flooder';

/** One of each kind of frame, which a test compares with the protocol. */
export const FLOOD: readonly RunnerToPool[] = [
  { type: 'hello', version: '0.1.0', labels: [NAME], slots: 1, running: [] },
  { type: 'accepted', deploymentId: '0'.repeat(24), attempt: 1 },
  { type: 'freed', deploymentId: '0'.repeat(24), attempt: 1 },
  { type: 'disk', freeBytes: 1, totalBytes: 1, minFreeBytes: 0, low: false },
  { type: 'machine', node: 'v24.0.0', docker: null, images: [] },
  { type: 'features', features: ['look'] },
  {
    type: 'looked',
    id: '0'.repeat(24),
    outcome: { error: { code: 'source_unavailable', message: 'It is private.', hint: 'None' } },
  },
  { type: 'pictures', ready: true },
  { type: 'leaving' },
];

export type FloodEnd = 'closed' | 'refused' | 'unreachable';

export class Flooder {
  readonly #url: string;
  readonly #credential: string;

  private constructor(url: string, credential: string) {
    this.#url = url;
    this.#credential = credential;
  }

  /** Registers it and drains it. */
  static async create(client: Client): Promise<Flooder> {
    const { id, credential } = await client.registerRunner(NAME, [NAME]);
    await client.api.runners.drain(id);
    return new Flooder(client.url, credential);
  }

  /**
   * Sends up to so many frames. Returns how it ended: the pool closed the connection, or refused it because of an
   * earlier flood, or was down.
   */
  flood(frames: number): Promise<FloodEnd> {
    const socket = new WebSocket(`${this.#url.replace(/^http/, 'ws')}/api/pool/connect`, {
      headers: { Authorization: `Bearer ${this.#credential}` },
    });
    return new Promise((resolve) => {
      let opened = false;
      socket.once('open', () => {
        opened = true;
        for (let sent = 0; sent < frames; sent += 1) {
          socket.send(JSON.stringify(FLOOD[sent % FLOOD.length]));
        }
        socket.send(PING);
        // The connection ends here: what the pool has accepted must not count towards a later flood.
        socket.close();
      });
      socket.once('unexpected-response', (_request, response) => {
        resolve(response.statusCode === 429 ? 'refused' : 'unreachable');
        socket.terminate();
      });
      // The edge may be down or crash at this moment, which is another fault of the run; `close` follows.
      socket.on('error', () => undefined);
      socket.once('close', () => resolve(opened ? 'closed' : 'unreachable'));
    });
  }
}
