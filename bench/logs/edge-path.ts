/** Through the control plane: a deployment's object, its writes to SQLite and its hibernating viewers. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOGS_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from '@appflux/protocol';
import { Client } from '../../e2e/instance/client.ts';
import type { EdgeInstance } from '../../e2e/instance/edge.ts';
import { SimulatedRunner } from '../../e2e/instance/simulated-runner.ts';
import { LogSender } from '../../runner/src/log/log-sender.ts';
import { STREAM_LIMITS } from './measure.ts';
import type { LogPath, OpenLog } from './path.ts';

export class EdgePath implements LogPath {
  readonly name = 'AppFlux';
  readonly #edge: EdgeInstance;
  #opened = 0;

  constructor(edge: EdgeInstance) {
    this.#edge = edge;
  }

  /** Opens the log of a new app of this name. */
  async open(name = `log-${this.#opened + 1}`): Promise<OpenLog & { readonly id: string }> {
    const { url, token } = this.#edge;
    const client = new Client(this.#edge);
    this.#opened += 1;
    const uploadId = await client.upload('site.zip', Buffer.from('ignored by a simulated runner'));
    const { slug } = await client.createApp({ name, build: { labels: [name] } });
    const registered = await client.registerRunner(name, [name]);
    const runner = await SimulatedRunner.connect(url, registered, { labels: [name] });
    const { id } = await client.deploy(slug, { uploadId });
    const attempt = await runner.granted();
    runner.accept(attempt.grant);
    const { ackedSeq } = await attempt.socket.next('welcome');
    const stream = new LogSender({
      attempt: attempt.grant.attempt,
      ackedSeq,
      spoolPath: join(tmpdir(), `appflux-bench-${process.pid}-${this.#opened}`),
      onFault: (message) => {
        throw new Error(message);
      },
      onSpoolError: (error) => {
        throw error;
      },
      limits: STREAM_LIMITS,
    });
    const { socket } = attempt.socket;
    socket.on('message', (data) => {
      const ack = /^\{"type":"ack","seq":(\d+)\}$/.exec(data.toString());
      if (ack?.[1] !== undefined) stream.acked(Number(ack[1]));
    });
    stream.connected(ackedSeq, (frame) => {
      socket.send(frame);
      return true;
    });
    return {
      id,
      viewerUrl: `${url.replace(/^http/, 'ws')}/api/deployments/${id}/logs/live?after=${ackedSeq}`,
      viewerProtocols: [LOGS_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + token],
      lastSeq: ackedSeq,
      stream,
      close: async () => {
        stream.close();
        const failure = {
          code: 'build_failed',
          message: 'nothing was built',
          phase: null,
          hint: 'none',
        } as const;
        attempt.finish({ status: 'failed', failure });
        await client.untilEnded(id);
        attempt.socket.socket.close();
        runner.pool.socket.close();
      },
    };
  }
}
