/** The runner's connection to its pool: announces slots, takes grants, says when a slot is free again. */
import { randomUUID } from 'node:crypto';
import {
  type AttemptRef,
  CLOSE,
  type ErrorBody,
  type ExecutorKind,
  type Granted,
  type LookOutcome,
  type LookTask,
  PICTURES,
  type PictureRequest,
  PoolToRunner,
  PROTOCOL,
  PROTOCOL_HEADER,
  protocolFit,
  protocolOf,
  type RunnerDisk,
  type RunnerMachine,
  type RunnerScanner,
  type RunnerToPool,
} from '@appflux/protocol';
import type { Journal } from '../journal.ts';
import type { Capacity, Registered } from './capacity.ts';
import { edgeFrame } from './frames.ts';
import {
  LOCAL_SOCKET_TIMING,
  type Loss,
  ReconnectingSocket,
  SOCKET_TIMING,
  type SocketTiming,
} from './reconnecting-socket.ts';

export interface PoolOptions {
  /** The edge's public address. */
  readonly url: URL;
  readonly credential: string;
  readonly version: string;
  readonly capacity: Capacity;
  readonly executor: ExecutorKind;
  /** The attempts held right now; asked for at every connection. */
  readonly running: () => AttemptRef[];
  readonly onGrant: (granted: Granted) => void;
  /** Absent for a runner that looks at no repositories. */
  readonly onLook?: (task: LookTask) => void;
  readonly onPicture?: (request: PictureRequest) => void;
  /** The credential is no longer valid: the runner ends. */
  readonly onRevoked: () => void;
  /** The versions of this runner and its instance are too far apart. */
  readonly onIncompatible?: () => void;
  /** The connection is established, or lost. */
  readonly onConnected?: (connected: boolean) => void;
  readonly journal: Journal;
  readonly timing?: SocketTiming;
}

/** Announces the runner and passes on the pool's grants. Reconnects when the connection is lost. */
export class PoolConnection {
  readonly #options: PoolOptions;
  /** Random for each process: attempts of an earlier process are over. */
  readonly #session = randomUUID();
  readonly #socket: ReconnectingSocket;
  #scanner: RunnerScanner | undefined;
  #disk: RunnerDisk | undefined;
  #machine: RunnerMachine | undefined;
  #takesPictures: boolean | undefined;
  #leaves = false;
  #complaint = '';
  /** Why the connection was lost last; null while there is one. */
  #lostBy: string | null = null;
  /** What the edge of this connection takes besides frames of version 0.1.0; null before its `welcome`. */
  #accepts: readonly string[] | null = null;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#socket = new ReconnectingSocket({
      url: new URL('/api/pool/connect', options.url),
      headers: {
        authorization: `Bearer ${options.credential}`,
        [PROTOCOL_HEADER]: String(PROTOCOL),
      },
      timing: options.timing ?? (isOnThisMachine(options.url) ? LOCAL_SOCKET_TIMING : SOCKET_TIMING),
      refuse: (headers) => incompatible(headers[PROTOCOL_HEADER]),
      onOpen: () => this.#opened(),
      onMessage: (text) => this.#take(text),
      onLoss: (loss) => this.#lost(loss),
    });
  }

  start() {
    this.#socket.start();
  }

  /** The grant is being worked on. Lost with a lost connection; the `hello` of the next one says the same. */
  accepted({ deploymentId, attempt }: AttemptRef) {
    this.#send({ type: 'accepted', deploymentId, attempt });
  }

  /** Reports the scanner's state. Lost with a lost connection; the next `hello` has it, too. */
  scanner(scanner: RunnerScanner) {
    this.#scanner = scanner;
    this.#hello();
  }

  /** Reports the disk. Lost with a lost connection; the next one begins with it. */
  disk(disk: RunnerDisk) {
    this.#disk = disk;
    if (this.#accepts !== null) this.#sendDisk();
  }

  /** Reports the versions on this machine. Lost with a lost connection; the next one begins with them. */
  machine(machine: RunnerMachine) {
    this.#machine = machine;
    if (this.#accepts !== null) this.#sendMachine();
  }

  /** Reports whether pictures are taken. Lost with a lost connection; the next one begins with it. */
  pictures(ready: boolean) {
    this.#takesPictures = ready;
    this.#sendPictures();
  }

  /** Says that the runner takes no more builds. Lost with a lost connection; the next one says it, too. */
  leave() {
    this.#leaves = true;
    this.#sendLeaving();
  }

  /** The attempt has ended and is cleaned up. */
  freed({ deploymentId, attempt }: AttemptRef) {
    this.#send({ type: 'freed', deploymentId, attempt });
  }

  /** Reports the end of a look. Lost with a lost connection; the edge asks again after the next one. */
  looked(id: string, outcome: LookOutcome) {
    this.#send({ type: 'looked', id, outcome });
  }

  close() {
    this.#socket.close(CLOSE.goingAway, 'the runner is stopping');
  }

  /**
   * Announces the runner immediately, unless it takes no builds: whether the edge takes the frame that says so is in its
   * `welcome`, and the announcement has to come after it.
   */
  #opened() {
    this.#accepts = null;
    if (!this.#takesNone()) this.#announce();
  }

  /** Whether the pool has to learn before it hands out a build that none is taken. */
  #takesNone(): boolean {
    return this.#leaves || this.#disk?.low === true;
  }

  #welcomed(accepts: readonly string[]) {
    this.#accepts = accepts;
    this.#sendLeaving();
    this.#sendDisk();
    if (this.#takesNone()) this.#announce();
    this.#sendMachine();
    if (this.#options.onLook !== undefined && accepts.includes('features'))
      this.#send({ type: 'features', features: ['look'] });
    this.#sendPictures();
  }

  #sendLeaving() {
    if (this.#leaves && this.#accepts?.includes('leaving')) this.#send({ type: 'leaving' });
  }

  #sendPictures() {
    if (this.#takesPictures === undefined || !this.#accepts?.includes(PICTURES)) return;
    this.#send({ type: PICTURES, ready: this.#takesPictures });
  }

  #sendMachine() {
    if (this.#machine === undefined || !this.#accepts?.includes('machine')) return;
    this.#send({ type: 'machine', ...this.#machine });
  }

  #sendDisk() {
    if (this.#disk === undefined || !this.#accepts?.includes('disk')) return;
    this.#send({ type: 'disk', ...this.#disk });
  }

  /** Sends what has changed, unless `welcome` is awaited for it. */
  #hello() {
    if (this.#accepts !== null || !this.#takesNone()) this.#announce();
  }

  #announce() {
    const { version, capacity, executor, running } = this.#options;
    const { labels, slots } = capacity.announced;
    this.#send({
      type: 'hello',
      version,
      labels: [...labels],
      slots,
      running: running(),
      session: this.#session,
      ...(this.#scanner === undefined ? {} : { scanner: this.#scanner }),
      ...(executor === 'docker' ? {} : { executor }),
    });
  }

  #take(text: string) {
    const { journal } = this.#options;
    const frame = edgeFrame(PoolToRunner, text, journal);
    if (frame?.type === 'welcome') {
      this.#socket.settled(frame.returnWithinMs);
      this.#complaint = '';
      this.#lostBy = null;
      this.#welcomed(frame.accepts ?? []);
      journal.info('Connected to the pool', {
        runner: frame.runnerId,
        name: frame.name,
        draining: frame.draining,
      });
      if (frame.registered !== undefined) this.#register(frame.registered);
      this.#options.onConnected?.(true);
    }
    if (frame?.type === 'registered') this.#register(frame.registered);
    if (frame?.type === 'drain') {
      journal.info(frame.draining ? 'Draining: no new builds' : 'No longer draining');
    }
    if (frame?.type === 'grant') this.#options.onGrant(frame);
    if (frame?.type === 'look') this.#options.onLook?.(frame.task);
    if (frame?.type === 'picture') this.#options.onPicture?.(frame.picture);
  }

  #register(registered: Registered) {
    if (this.#options.capacity.register(registered)) this.#hello();
  }

  #lost(loss: Loss): 'retry' | 'stop' {
    const { journal, onRevoked, onConnected } = this.#options;
    onConnected?.(false);
    if (loss.code === CLOSE.unauthorized || loss.status === 401) {
      onRevoked();
      return 'stop';
    }
    if (loss.refusal?.code === 'not_acceptable') {
      this.#incompatible(loss.refusal);
    } else if (loss.code === CLOSE.replaced) {
      journal.error('Another process uses the credential of this runner. Register each runner separately.');
    } else {
      this.#report({ reason: loss.reason, code: loss.code, status: loss.status });
    }
    return 'retry';
  }

  /** Reports a loss once, and not at each of the following tries that fail for the same reason. */
  #report(facts: Pick<Loss, 'reason' | 'code' | 'status'>) {
    const by = JSON.stringify(facts);
    if (by !== this.#lostBy)
      this.#options.journal.warn('Lost the connection to the pool. Reconnecting', facts);
    this.#lostBy = by;
  }

  /** Said once, and not at each of the following tries. */
  #incompatible({ message, hint }: ErrorBody['error']) {
    const { journal, onIncompatible } = this.#options;
    if (message !== this.#complaint) journal.error(message, { hint });
    this.#complaint = message;
    onIncompatible?.();
  }

  #send(frame: RunnerToPool) {
    this.#socket.send(JSON.stringify(frame));
  }
}

const isOnThisMachine = ({ hostname }: URL): boolean =>
  /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);

/** Why this runner doesn't work with an instance that names its protocol so; null if it does. */
function incompatible(header: string | string[] | undefined): ErrorBody['error'] | null {
  const protocol = protocolOf(header?.toString());
  const fit = protocolFit(protocol);
  if (fit === 'fits') return null;
  const numbers = `protocol ${protocol}, and the runner ${PROTOCOL - 1} to ${PROTOCOL + 1}`;
  return {
    code: 'not_acceptable',
    message: `The instance is too ${fit === 'too_old' ? 'old' : 'new'} for this runner: it speaks ${numbers}`,
    hint:
      fit === 'too_old'
        ? 'Upgrade the instance, or install the runner with the install script of the instance.'
        : 'Upgrade the runner: run the install script of the instance again, or update its checkout or image.',
  };
}
