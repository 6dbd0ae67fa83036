/** Through the control plane: a deployment's object, its writes to SQLite and its hibernating viewers. */
import { randomUUID } from 'node:crypto';
import { HEARTBEAT_MS, LOGS_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from '@appflux/protocol';
import { Client } from '../../e2e/instance/client.ts';
import type { EdgeInstance } from '../../e2e/instance/edge.ts';
import { SimulatedRunner } from '../../e2e/instance/simulated-runner.ts';
import { STREAM_LIMITS } from './measure.ts';
import { openSender } from './open-sender.ts';
import type { LogPath, OpenLog } from './path.ts';

export class EdgePath implements LogPath {
  readonly name = 'AppFlux';
  readonly #edge: EdgeInstance;
  readonly #heedsViewers: boolean;

  /** `heedsViewers`: whether the runner sends lines sooner while someone follows the log. */
  constructor(edge: EdgeInstance, { heedsViewers = true } = {}) {
    this.#edge = edge;
    this.#heedsViewers = heedsViewers;
  }

  /** Opens the log of a new app of this name. */
  async open(name = `log-${randomUUID().slice(0, 8)}`): Promise<OpenLog & { readonly id: string }> {
    const { url, token } = this.#edge;
    const client = new Client(this.#edge);
    const uploadId = await client.upload('site.zip', Buffer.from('ignored by a simulated runner'));
    const { slug } = await client.createApp({ name, build: { labels: [name] } });
    const registered = await client.registerRunner(name, [name]);
    const runner = await SimulatedRunner.connect(url, registered, { labels: [name] });
    const { id } = await client.deploy(slug, { uploadId });
    const attempt = await runner.granted();
    runner.accept(attempt.grant);
    const { ackedSeq } = await attempt.socket.next('welcome');
    const beat = setInterval(() => attempt.socket.ping(), HEARTBEAT_MS);
    let frames = 0;
    const stream = openSender(attempt, {
      ackedSeq,
      limits: STREAM_LIMITS,
      heedsViewers: this.#heedsViewers,
      onFrame: () => {
        frames += 1;
      },
    });
    return {
      id,
      viewerUrl: `${url.replace(/^http/, 'ws')}/api/deployments/${id}/logs/live?after=${ackedSeq}`,
      viewerProtocols: [LOGS_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + token],
      lastSeq: ackedSeq,
      stream,
      frames: () => frames,
      close: async () => {
        clearInterval(beat);
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
