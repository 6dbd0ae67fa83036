/**
 * How the runner's own connection and the edge agree on whether anyone follows a log. Batches are an hour long unless
 * someone does, so what a viewer sees within the test was sent because of the viewer.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type HeldAttempt, holdAttempt } from '../../runner/src/agent/hold-attempt.ts';
import { createJournal } from '../../runner/src/journal.ts';
import { say } from '../../runner/src/masking/sentence.ts';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { UNREAD_SOURCE } from '../instance/simulated-build.ts';
import { SimulatedRunner } from '../instance/simulated-runner.ts';
import { Viewer } from '../instance/viewer.ts';

const HOUR_MS = 3_600_000;

let edge: EdgeInstance;
let client: Client;
let state: string;

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), 'appflux-watched-'));
  mkdirSync(join(state, 'spool'));
  edge = await startInstance();
  client = new Client(edge);
});
afterAll(async () => {
  await edge.stop();
  rmSync(state, { recursive: true, force: true });
});

/** What the runner is connected through, and what can be cut: a TCP relay on the loopback interface. */
class Cable {
  readonly #sockets = new Set<Socket>();
  readonly #server;
  connections = 0;

  private constructor(port: number) {
    this.#server = createServer((socket) => {
      this.connections += 1;
      const onward = connect(port, '127.0.0.1');
      for (const [from, to] of [
        [socket, onward],
        [onward, socket],
      ] as const) {
        this.#sockets.add(from);
        from.pipe(to);
        // Cut by the test.
        from.on('error', () => undefined).on('close', () => to.destroy());
      }
    });
  }

  static async to(port: number): Promise<Cable> {
    const cable = new Cable(port);
    await new Promise<void>((resolve) => cable.#server.listen(0, '127.0.0.1', resolve));
    return cable;
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}

/** Does some work while the attempt of a deployment is held as the runner holds it. Throws what the work throws. */
async function held(work: (id: string, attempt: HeldAttempt, cable: Cable) => Promise<void>): Promise<void> {
  const name = `watched-${randomUUID().slice(0, 8)}`;
  const uploadId = await client.upload('site.zip', UNREAD_SOURCE);
  const { slug } = await client.createApp({ name, build: { labels: [name] } });
  const { id } = await client.deploy(slug, { uploadId });
  const registered = await client.registerRunner(name, [name]);
  const runner = await SimulatedRunner.connect(edge.url, registered, { labels: [name] });
  const { grant } = await runner.begin();
  const cable = await Cable.to(Number(new URL(edge.url).port));
  const done = Promise.withResolvers<void>();
  const { reported } = await holdAttempt(
    grant,
    {
      url: new URL(cable.url),
      credential: registered.credential,
      state,
      clock: () => performance.now(),
      signal: new AbortController().signal,
      mask: String,
      journal: createJournal({ write: () => undefined }),
      logLimits: { batchMs: HOUR_MS },
    },
    async (attempt) => {
      await work(id, attempt, cable).then(done.resolve, done.reject);
      return { report: { status: 'skipped', reason: say`It is all shown.` } };
    },
  );
  cable.close();
  await done.promise;
  expect(reported).toMatchObject({ status: 'skipped' });
  runner.pool.socket.close();
}

/** Writes a line of the build. */
const write = ({ stream }: HeldAttempt, text: string) =>
  stream.write({ at: new Date().toISOString(), stream: 'stdout', phase: 'building', text });

const seenBy = (viewer: Viewer, ...texts: string[]) =>
  expect
    .poll(() => viewer.lines.filter(({ stream }) => stream === 'stdout').map(({ text }) => text))
    .toEqual(texts);

it('lines wait for others until somebody follows, and then arrive as they are written', async () => {
  await held(async (id, attempt) => {
    write(attempt, 'before');
    const first = new Viewer(edge, id);
    await seenBy(first, 'before');
    write(attempt, 'during');
    await seenBy(first, 'before', 'during');
    const second = new Viewer(edge, id);
    first.socket.close();
    await seenBy(second, 'before', 'during');
    write(attempt, 'after');
    await seenBy(second, 'before', 'during', 'after');
    second.socket.close();
  });
});

it('a runner that had to connect again learns that someone still follows', async () => {
  await held(async (id, attempt, cable) => {
    const viewer = new Viewer(edge, id);
    write(attempt, 'one');
    await seenBy(viewer, 'one');
    cable.cut();
    write(attempt, 'two');
    await expect.poll(() => cable.connections).toBe(2);
    write(attempt, 'three');
    await seenBy(viewer, 'one', 'two', 'three');
    viewer.socket.close();
  });
});
