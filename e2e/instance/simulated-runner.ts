/**
 * A runner that speaks the real protocol over real sockets but builds nothing: the test decides what it sends. It
 * stays online at its pool, unless it is meant to be silent, and has no other timers (no heartbeat for its leases, no
 * reconnecting), so that a test controls exactly what happens.
 */
import {
  ACCEPTS_HEADER,
  type AttemptResult,
  DeploymentToRunner,
  type Grant,
  type Granted,
  HEARTBEAT_MS,
  LEASE_TOKEN_HEADER,
  type LogLine,
  PING,
  PONG,
  PoolToRunner,
  type RegisteredRunner,
  type RunnerToDeployment,
  type RunnerToPool,
  WATCHED,
} from '@appflux/protocol';
import { WebSocket } from 'ws';
import type { z } from 'zod';

/** A WebSocket whose frames can be awaited, in order. */
export class FrameSocket<Frame extends { type: string }, Sent> {
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #frames: Frame[] = [];
  #notify: () => void = () => undefined;
  #closing: { code: number; reason: string } | null = null;

  constructor(url: string, headers: Record<string, string>, schema: z.ZodType<Frame>) {
    this.socket = new WebSocket(url.replace(/^http/, 'ws'), { headers });
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => {
        this.#closing = { code, reason: reason.toString() };
        resolve(this.#closing);
        this.#notify();
      });
    });
    // A connection that fails also closes, which is what tests check.
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data) => {
      const text = data.toString();
      if (text === PONG) return;
      this.#frames.push(schema.parse(JSON.parse(text)));
      this.#notify();
    });
  }

  send(frame: Sent): void {
    this.socket.send(JSON.stringify(frame));
  }

  ping(): void {
    this.socket.send(PING);
  }

  /** Waits for the next frame of a type and returns it; frames of other types before it are dropped. */
  async next<Type extends Frame['type']>(
    type: Type,
    withinMs = 20_000,
  ): Promise<Extract<Frame, { type: Type }>> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      for (let frame = this.#frames.shift(); frame !== undefined; frame = this.#frames.shift()) {
        if (frame.type === type) return frame as Extract<Frame, { type: Type }>;
      }
      if (this.#closing !== null) {
        throw new Error(
          `closed with ${this.#closing.code} (${this.#closing.reason}) while waiting for ${type}`,
        );
      }
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no frame ${type} within ${withinMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#notify = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Cuts the connection without a closing handshake, like a network failure. */
  cut(): Promise<unknown> {
    this.socket.terminate();
    return this.closed;
  }
}

/** An artifact as the runner describes it, with defaults. */
type NamedArtifact = { name: string; sha256: string } & Partial<
  Pick<Extract<RunnerToDeployment, { type: 'upload' }>, 'contentType' | 'meta'>
>;

/** The runner's side of one attempt. */
export class SimulatedAttempt {
  readonly grant: Grant;
  /** The variables whose values are masked. */
  readonly sensitive: readonly string[] | undefined;
  readonly #url: string;
  readonly #credential: string;
  socket: FrameSocket<DeploymentToRunner, RunnerToDeployment>;

  constructor(url: string, credential: string, { grant, sensitive }: Granted) {
    this.grant = grant;
    this.sensitive = sensitive;
    this.#url = url;
    this.#credential = credential;
    this.socket = this.connect();
  }

  /** Opens (another) socket to the deployment. */
  connect(leaseToken = this.grant.leaseToken): FrameSocket<DeploymentToRunner, RunnerToDeployment> {
    const { deploymentId, attempt } = this.grant;
    this.socket = new FrameSocket(
      `${this.#url}/api/deployments/${deploymentId}/attempts/${attempt}/connect`,
      {
        Authorization: `Bearer ${this.#credential}`,
        [LEASE_TOKEN_HEADER]: leaseToken,
        [ACCEPTS_HEADER]: WATCHED,
      },
      DeploymentToRunner,
    );
    return this.socket;
  }

  /** Sends lines numbered `from` to `to`; the text of each contains its number. */
  lines(from: number, to: number, text: (seq: number) => string = (seq) => `line ${seq}`): void {
    const lines: LogLine[] = [];
    for (let seq = from; seq <= to; seq += 1) {
      lines.push({ seq, at: new Date().toISOString(), stream: 'stdout', phase: 'building', text: text(seq) });
    }
    this.socket.send({ type: 'lines', attempt: this.grant.attempt, lines });
  }

  /** Makes the edge store what was sent; returns the last stored line. */
  async acked(): Promise<number> {
    this.socket.send({ type: 'sync', attempt: this.grant.attempt });
    return (await this.socket.next('ack')).seq;
  }

  finish(result: AttemptResult): void {
    this.socket.send({ type: 'finish', attempt: this.grant.attempt, result });
  }

  /** Reports that the build has failed. */
  fail(): void {
    const failure = { code: 'build_failed', message: 'no', phase: 'building', hint: 'none' } as const;
    this.finish({ status: 'failed', failure });
  }

  /** Requests an upload, sends the bytes and waits until the deployment has them. */
  async deliver(artifact: NamedArtifact, bytes: string | Buffer<ArrayBuffer>): Promise<void> {
    await this.commit(artifact.name, await this.put(artifact, bytes));
  }

  /** Requests an upload and sends the bytes. Returns the ETags of storage. */
  async put(artifact: NamedArtifact, bytes: string | Buffer<ArrayBuffer>): Promise<string> {
    this.socket.send({
      type: 'upload',
      attempt: this.grant.attempt,
      request: requestFor(artifact.name),
      contentType: 'application/octet-stream',
      meta: {},
      ...artifact,
      size: bytes.length,
    });
    const { parts } = await this.socket.next('upload_granted');
    const put = await fetch(parts[0]?.url ?? '', { method: 'PUT', body: bytes });
    if (!put.ok) throw new Error(`storage answered ${put.status}`);
    return put.headers.get('etag') ?? '';
  }

  /** Reports that the bytes are uploaded, and waits until the deployment has checked them. */
  async commit(name: string, etag: string): Promise<void> {
    const { attempt } = this.grant;
    const request = requestFor(name);
    this.socket.send({ type: 'uploaded', attempt, request, name, parts: [{ partNumber: 1, etag }] });
    await this.socket.next('upload_done');
  }
}

/** The id of a request about an artifact: 60 characters at most. */
const requestFor = (name: string) => `upload of ${name}`.slice(0, 60);

/** What a runner reports about itself, with defaults. */
export type Hello = Partial<Omit<Extract<RunnerToPool, { type: 'hello' }>, 'type'>>;

export class SimulatedRunner {
  readonly #url: string;
  readonly #runner: RegisteredRunner;
  readonly pool: FrameSocket<PoolToRunner, RunnerToPool>;

  private constructor(url: string, runner: RegisteredRunner) {
    this.#url = url;
    this.#runner = runner;
    this.pool = new FrameSocket(
      `${url}/api/pool/connect`,
      { Authorization: `Bearer ${runner.credential}` },
      PoolToRunner,
    );
  }

  /** Connects and sends hello, with the attempts that it claims to run. */
  static async connect(
    url: string,
    runner: RegisteredRunner,
    hello: Hello = {},
    { silent = false }: { silent?: boolean } = {},
  ): Promise<SimulatedRunner> {
    const simulated = new SimulatedRunner(url, runner);
    await simulated.pool.next('welcome');
    if (!silent) simulated.#stayOnline();
    simulated.hello(hello);
    return simulated;
  }

  /** Sends its identity and its attempts; repeating it changes nothing. */
  hello(hello: Hello): void {
    this.pool.send({
      type: 'hello',
      version: '0.1.0',
      labels: ['linux'],
      slots: 1,
      running: [],
      ...hello,
    });
  }

  #stayOnline(): void {
    const pings = setInterval(() => this.pool.ping(), HEARTBEAT_MS);
    void this.pool.closed.then(() => clearInterval(pings));
  }

  /** Waits for a grant, accepts it, and opens the attempt's socket. */
  async begin(): Promise<SimulatedAttempt> {
    const attempt = await this.granted();
    this.accept(attempt.grant);
    await attempt.socket.next('welcome');
    return attempt;
  }

  /** Waits for a grant without answering. */
  async granted(withinMs?: number): Promise<SimulatedAttempt> {
    const frame = await this.pool.next('grant', withinMs);
    return new SimulatedAttempt(this.#url, this.#runner.credential, frame);
  }

  accept({ deploymentId, attempt }: Grant): void {
    this.pool.send({ type: 'accepted', deploymentId, attempt });
  }

  free({ deploymentId, attempt }: Grant): void {
    this.pool.send({ type: 'freed', deploymentId, attempt });
  }
}
