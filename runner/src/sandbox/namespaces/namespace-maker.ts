/** A running container that makes network namespaces. */
import { access, readFile, readlink } from 'node:fs/promises';
import type { Container } from 'dockerode';
import { untilAborted } from '../../stop.ts';
import { demultiplex } from '../demux.ts';
import { type Engine, removeContainer } from '../engine.ts';
import type { NamespaceOwner, SharedFiles } from '../start-alone.ts';
import { openWaiting, type WaitingContainer } from '../waiting-container.ts';
import { importEmptyImage, removeEmptyImage } from './empty-image.ts';
import { makerCommand, PERL } from './maker-program.ts';
import { HOST_FOLDERS, makerSpec } from './maker-spec.ts';

/** As the kernel names one (namespaces(7)). */
const NAME = /^net:\[\d+\]$/;

/** How long making one may take, in milliseconds: usually it is one. */
const ANSWERS_WITHIN_MS = 10_000;

/** The part of it that decides which build gets which namespace. */
export interface NamespaceMaker extends NamespaceOwner {
  /** Whether its container has ended. */
  readonly lost: boolean;
  /** Moves it into a namespace that no other process is in. @throws if it could not */
  renew(): Promise<void>;
  /** @throws the engine's error */
  remove(): Promise<void>;
}

/** Whether this host has what one needs, besides an engine that sees the host's folders. */
export const canMakeNamespaces = async (): Promise<boolean> =>
  makerCommand(process.arch) !== null && (await exists(PERL));

/**
 * Starts one, which is in its first namespace.
 * @throws the engine's error, or what its program says; nothing is left then
 */
export async function openNamespaceMaker(engine: Engine, runnerId: string): Promise<NamespaceMaker> {
  const command = makerCommand(process.arch);
  if (command === null) throw new Error(`Network namespaces can't be made on ${process.arch}`);
  const there = await Promise.all(HOST_FOLDERS.map(exists));
  const folders = HOST_FOLDERS.filter((_, index) => there[index]);
  const imageId = await importEmptyImage(engine, runnerId);
  let waiting: WaitingContainer | null = null;
  try {
    waiting = await openWaiting(engine, makerSpec({ runnerId, imageId, command, folders }), null);
    const maker = new RunningMaker(engine, waiting, imageId, await factsOf(waiting.container));
    await maker.renew();
    return maker;
  } catch (error) {
    if (waiting !== null) await removeContainer(waiting.container);
    await removeEmptyImage(engine, imageId);
    throw error;
  }
}

/** What the engine says of a maker's container. */
interface Facts {
  readonly files: SharedFiles;
  /** The process on the host whose namespace others join. */
  readonly pid: number;
}

class RunningMaker implements NamespaceMaker {
  readonly id: string;
  readonly files: SharedFiles;
  readonly #engine: Engine;
  readonly #waiting: WaitingContainer;
  readonly #imageId: string;
  readonly #pid: number;
  readonly #lines: AsyncGenerator<string>;
  #name: string | null = null;
  #lost = false;

  constructor(engine: Engine, waiting: WaitingContainer, imageId: string, { files, pid }: Facts) {
    this.id = waiting.container.id;
    this.files = files;
    this.#pid = pid;
    this.#engine = engine;
    this.#waiting = waiting;
    this.#imageId = imageId;
    this.#lines = linesOf(waiting.stream);
    const markLost = () => {
      this.#lost = true;
    };
    waiting.ended.then(markLost, markLost);
  }

  get lost(): boolean {
    return this.#lost;
  }

  async renew(): Promise<void> {
    this.#waiting.stream.write('\n');
    const { value: name, done } = await inTime(this.#lines.next());
    // The one before exists still, in a build or in the maker: a new one can't have its name.
    if (done || !NAME.test(name) || name === this.#name)
      throw new Error(`No network namespace was made: ${done ? 'the container has ended' : name}`);
    // A runtime with a kernel of its own has other namespaces than the engine, and would let builds share one of those.
    if ((await readlink(`/proc/${this.#pid}/ns/net`)) !== name)
      throw new Error(`No network namespace was made: ${name} is not that of the container on the host`);
    this.#name = name;
  }

  async remove(): Promise<void> {
    await removeContainer(this.#waiting.container);
    await removeEmptyImage(this.#engine, this.#imageId);
  }
}

/** The kernel makes none while it can't end another, and a container can be paused. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  const late = AbortSignal.timeout(ANSWERS_WITHIN_MS);
  try {
    return await untilAborted(answer, late);
  } catch (error) {
    if (!late.aborted) throw error;
    throw new Error(`No network namespace was made: no answer within ${ANSWERS_WITHIN_MS / 1000} seconds`);
  }
}

async function factsOf(container: Container): Promise<Facts> {
  const { HostsPath, HostnamePath, ResolvConfPath, State } = await container.inspect();
  const [hosts, hostname, resolv] = await Promise.all([
    readFile(HostsPath, 'utf8'),
    readFile(HostnamePath, 'utf8'),
    readFile(ResolvConfPath, 'utf8'),
  ]);
  return { files: { hosts, hostname, 'resolv.conf': resolv }, pid: State.Pid };
}

/** The lines of both outputs: an error is in the place of an answer. */
async function* linesOf(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  let rest = '';
  for await (const { bytes } of demultiplex(stream as AsyncIterable<Uint8Array>)) {
    const lines = `${rest}${Buffer.from(bytes).toString('utf8')}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    // Not every host has each of them.
    () => false,
  );
