/** One attempt as the fake edge keeps it: what a deployment's object does with a runner's frames. */
import {
  type AttemptResult,
  CLOSE,
  type DeploymentToRunner,
  type Grant,
  LEASE_TOKEN_HEADER,
  type LogLine,
  RunnerToDeployment,
  SITE_PACK_TYPE,
} from '@appflux/protocol';
import type { WebSocket } from 'ws';
import type { FakeSites } from './fake-sites.ts';

type Frame<Type extends RunnerToDeployment['type']> = Extract<RunnerToDeployment, { type: Type }>;

export class FakeAttempt {
  readonly grant: Grant;
  /** The log, in order: exactly what a viewer would have seen. */
  readonly lines: LogLine[] = [];
  /** All other frames, in the order in which they came. */
  readonly frames: RunnerToDeployment[] = [];
  /** How many connections were made. */
  connections = 0;
  /** How many pings have come. */
  pings = 0;
  result: AttemptResult | undefined;
  /** What was wrong with frames that are not of the protocol; there must be none. */
  readonly misunderstood: string[] = [];
  /** Nothing of this attempt counts any more. */
  stale = false;
  canceling = false;
  /** Takes lines but does not acknowledge them. */
  holdAcks = false;
  /** Bytes of a part; small ones make many parts. */
  partSize = 8 * 1024 * 1024;
  /** Says no to every upload, for this reason. */
  refuseUploads: string | undefined;
  /** How many questions about uploads are answered with a fault of storage. */
  storageFaults = 0;
  #socket: WebSocket | undefined;
  readonly #baseSeq: number;
  readonly #storageUrl: string;
  readonly #sites: FakeSites | undefined;
  /** Names of the uploads in progress. */
  readonly #begun = new Set<string>();

  /**
   * @param baseSeq the last line of the attempts before this one
   * @param sites the sites of an edge that publishes them
   */
  constructor(grant: Grant, storageUrl: string, baseSeq = 0, sites?: FakeSites) {
    this.grant = grant;
    this.#storageUrl = storageUrl;
    this.#sites = sites;
    this.#baseSeq = baseSeq;
  }

  get ackedSeq(): number {
    return this.#baseSeq + this.lines.length;
  }

  /** The log's text. */
  get log(): string {
    return this.lines.map(({ text }) => text).join('\n');
  }

  get connected(): boolean {
    return this.#socket !== undefined;
  }

  /** Lets a connection in; gives what takes its frames. */
  accept(socket: WebSocket, leaseToken: string | undefined): (text: string) => void {
    if (this.stale || leaseToken !== this.grant.leaseToken) {
      socket.close(CLOSE.staleAttempt, 'The attempt is not the current one');
      return () => undefined;
    }
    this.#socket?.close(CLOSE.replaced);
    this.#socket = socket;
    this.connections += 1;
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    const accepts = this.#sites?.accepts;
    this.send({
      type: 'welcome',
      ackedSeq: this.ackedSeq,
      canceling: this.canceling,
      ...(accepts === undefined ? {} : { accepts: [...accepts] }),
    });
    return (text) => {
      if (this.#socket !== socket) return;
      const frame = RunnerToDeployment.safeParse(JSON.parse(text));
      if (frame.success) return this.#take(frame.data);
      this.misunderstood.push(frame.error.message);
      this.close(CLOSE.badFrame);
    };
  }

  send(frame: DeploymentToRunner) {
    this.#socket?.send(JSON.stringify(frame));
  }

  cancel(reason: string) {
    this.canceling = true;
    this.send({ type: 'cancel', reason });
  }

  /** Ends the present connection, as a deploy of the edge does. */
  drop() {
    this.#socket?.terminate();
    this.#socket = undefined;
  }

  close(code: number) {
    this.#socket?.close(code);
    this.#socket = undefined;
  }

  #take(frame: RunnerToDeployment) {
    if (frame.attempt !== this.grant.attempt) this.misunderstood.push('a frame of another attempt');
    if (this.stale) return this.close(CLOSE.staleAttempt);
    if (frame.type === 'lines') return this.#lines(frame);
    this.frames.push(frame);
    if ((frame.type === 'upload' || frame.type === 'uploaded') && this.storageFaults > 0) {
      this.storageFaults -= 1;
      const message = 'Storage doesn’t respond';
      return this.send({ type: 'upload_refused', request: frame.request, message, again: true });
    }
    if (frame.type === 'site_base') {
      const base = this.#sites?.baseOf(frame) ?? null;
      if (this.#sites?.silent !== true) this.send({ type: 'site_base', request: frame.request, base });
    }
    if (frame.type === 'upload') this.#upload(frame);
    if (frame.type === 'uploaded') this.#uploaded(frame);
    if (frame.type === 'finish') {
      this.result = frame.result;
      this.send({ type: 'finished', status: frame.result.status });
      this.close(CLOSE.normal);
    }
  }

  #lines({ lines }: Frame<'lines'>) {
    const first = lines[0]?.seq ?? 0;
    if (first > this.ackedSeq + 1) return this.send({ type: 'resume', from: this.ackedSeq + 1 });
    for (const line of lines) if (line.seq === this.ackedSeq + 1) this.lines.push(line);
    if (!this.holdAcks) this.send({ type: 'ack', seq: this.ackedSeq });
  }

  #uploaded({ request, name }: Frame<'uploaded'>) {
    if (!this.#begun.has(name)) {
      return this.send({ type: 'upload_refused', request, message: `No upload of ${name} was begun` });
    }
    if (this.#sites !== undefined && this.#sites.lostPacks > 0) {
      this.#sites.lostPacks -= 1;
      this.#begun.delete(name);
      const message = 'The pack is not stored any more';
      return this.send({ type: 'upload_refused', request, message, again: true });
    }
    if (this.#sites?.losesAnswer()) {
      const message = 'Storage doesn’t respond';
      return this.send({ type: 'upload_refused', request, message, again: true });
    }
    this.send({ type: 'upload_done', request });
  }

  #upload({ request, name, size, contentType }: Frame<'upload'>) {
    if (this.refuseUploads !== undefined) {
      return this.send({ type: 'upload_refused', request, message: this.refuseUploads });
    }
    const gone = contentType === SITE_PACK_TYPE ? this.#sites?.refusal() : undefined;
    if (gone !== undefined) return this.send({ type: 'upload_refused', request, message: gone, again: true });
    this.#begun.add(name);
    const count = Math.max(1, Math.ceil(size / this.partSize));
    const parts = Array.from({ length: count }, (_, index) => ({
      partNumber: index + 1,
      url: `${this.#storageUrl}/${name}/${index + 1}?X-Amz-Signature=${'5'.repeat(32)}`,
    }));
    this.send({ type: 'upload_granted', request, partSize: this.partSize, parts });
  }
}

/** The header in which a runner shows its lease. */
export const leaseHeader = LEASE_TOKEN_HEADER.toLowerCase();
