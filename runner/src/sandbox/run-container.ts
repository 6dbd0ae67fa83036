/** One container from its creation to its removal. */
import type { Readable } from 'node:stream';
import type { Container, ContainerCreateOptions } from 'dockerode';
import { z } from 'zod';
import { mayStopGently, untilAborted } from '../stop.ts';
import { demultiplex, type OutputFrame } from './demux.ts';
import { containerEnd, type Engine, engineStatus, removeContainer, StoppedByEngine } from './engine.ts';
import { type NamespaceSource, startAlone } from './start-alone.ts';
import type { WaitingContainer } from './waiting-container.ts';

export interface ContainerRun {
  /** Takes a piece of output. */
  readonly output: (frame: OutputFrame) => void;
  /** Awaited before more output is read; meanwhile the container's writes block. */
  readonly ready: () => Promise<void>;
  /** Ends the container, with SIGTERM first or by SIGKILL, depending on the reason (see mayStopGently). */
  readonly signal: AbortSignal;
  /** Called each time the kernel kills a process of the container at its memory limit. */
  readonly onMemoryKill?: () => void;
  /**
   * The runtime brings a kernel of its own, which is a process of the container to the host's. When the host kills that
   * one, the engine may consider the container running forever: then it is killed.
   */
  readonly ownKernel?: boolean;
  /** Receives an error of the cleanup, which doesn't change the run's result. */
  readonly onLeftover: (error: unknown) => void;
  /**
   * Receives the container's removal, which never rejects, when everything in it has ended. Without this, the run waits
   * for it.
   */
  readonly onRemoval?: (removal: Promise<void>) => void;
}

export interface RunOfSpec extends ContainerRun {
  readonly spec: ContainerCreateOptions;
  /** Where it gets its network namespace, if it has no network; the engine makes it by default. */
  readonly namespaces?: NamespaceSource | null;
}

/** How a container ended. Both say something of memory: a killed child leaves the exit code to its shell. */
export interface ContainerEnd {
  readonly exitCode: number;
  readonly oomKilled: boolean;
}

const KillEvent = z.object({ Action: z.enum(['oom', 'kill']) });

/** Seconds between TERM and KILL. */
const GRACE_SECONDS = 10;
/** What the engine gets on top to report an end, in milliseconds. A runtime can hang at its memory limit. */
const KILL_PATIENCE_MS = 20_000;
/** How long a container may take to end by itself when its kernel was killed, in milliseconds. */
const HUNG_AFTER_MS = 3000;
/** How long output may keep coming after the container has ended, in milliseconds. */
const OUTPUT_PATIENCE_MS = 10_000;

/**
 * Runs a container and removes it in any case.
 * @throws the signal's reason when it aborts; the engine's error when the engine does not do its part
 */
export function runContainer(
  engine: Engine,
  { spec, namespaces = null, ...run }: RunOfSpec,
): Promise<ContainerEnd> {
  return startAlone(namespaces, spec, async (alone, started) => {
    run.signal.throwIfAborted();
    const container = await engine.createContainer(alone);
    return follow(engine, container, run, async () => {
      const stream = await container.attach({ stream: true, stdout: true, stderr: true });
      const reading = startReading(stream, run);
      run.signal.throwIfAborted();
      await container.start();
      started();
      return { reading, ended: containerEnd(container) };
    });
  });
}

/**
 * Runs a build in a container that waits for it, and removes the container in any case.
 * @param text what the container's program waits for (prepared/waiting-program.ts)
 * @throws as runContainer
 */
export function runWaiting(
  engine: Engine,
  { container, stream, ended }: WaitingContainer,
  text: string,
  run: ContainerRun,
): Promise<ContainerEnd> {
  return follow(engine, container, run, async () => {
    run.signal.throwIfAborted();
    const reading = startReading(stream, run);
    stream.end(text);
    return { reading, ended };
  });
}

/** What `begin` gives: its output is being read, and its exit code comes. */
interface Begun {
  readonly reading: Promise<void>;
  readonly ended: Promise<number>;
}

async function follow(
  engine: Engine,
  container: Container,
  run: ContainerRun,
  begin: () => Promise<Begun>,
): Promise<ContainerEnd> {
  let hung: NodeJS.Timeout | undefined;
  let isStoppedByOthers = false;
  let hasEnded = false;
  const stopListening = listenForKills(engine, container.id, (action) => {
    if (action === 'kill') {
      isStoppedByOthers ||= !run.signal.aborted && hung === undefined;
      return;
    }
    run.onMemoryKill?.();
    if (run.ownKernel !== true || hung !== undefined) return;
    // Refused when it has ended by itself in the meantime, which is all that is wanted.
    hung = setTimeout(() => container.kill().catch(() => undefined), HUNG_AFTER_MS);
  });
  try {
    const { reading, ended } = await begin();
    // Waited for below, unless the build is ended first: its failure must not count as unhandled then.
    ended.catch(() => undefined);
    try {
      const exitCode = await untilAborted(ended, run.signal);
      await withPatience(reading, OUTPUT_PATIENCE_MS);
      const { State } = await container.inspect();
      // An engine that shuts down stops its containers: how they end says nothing of the build.
      if (isStoppedByOthers) throw new StoppedByEngine();
      // The first process of a container ends after all others (pid_namespaces(7)): nothing writes any more.
      hasEnded = true;
      return { exitCode, oomKilled: State.OOMKilled };
    } catch (error) {
      if (run.signal.aborted) {
        await end(container, mayStopGently(run.signal.reason), ended);
        await withPatience(reading, OUTPUT_PATIENCE_MS);
      }
      throw error;
    }
  } finally {
    stopListening();
    clearTimeout(hung);
    const removal = remove(container, run.onLeftover);
    if (hasEnded) run.onRemoval?.(removal);
    if (!hasEnded || run.onRemoval === undefined) await removal;
  }
}

/**
 * Listens to the engine for kills of a container, one event for each (Docker Engine API, `GET /events`): `oom` is the
 * kernel's of a process, `kill` a signal that the engine sent, at anyone’s request. Gives a function that ends it. An
 * engine that cannot be listened to is no fault: the container's own state says at the end whether the memory was short.
 */
function listenForKills(engine: Engine, id: string, callback: (action: 'oom' | 'kill') => void): () => void {
  const filters = { container: [id], event: ['oom', 'kill'] };
  const listening = engine.getEvents({ filters }).then((events) => {
    let line = '';
    events.on('data', (chunk: Buffer) => {
      const lines = `${line}${chunk.toString('utf8')}`.split('\n');
      line = lines.pop() ?? '';
      for (const each of lines) {
        const action = actionOf(each);
        if (action !== undefined) callback(action);
      }
    });
    events.on('error', () => undefined);
    return events as Readable;
  });
  return () => {
    listening.then(
      (events) => events.destroy(),
      () => undefined,
    );
  };
}

function actionOf(line: string): 'oom' | 'kill' | undefined {
  try {
    return KillEvent.parse(JSON.parse(line)).Action;
  } catch {
    // Not an event that was asked for: an engine that is broken or newer must not end this process.
    return undefined;
  }
}

/** Reads all output. Who waits for it gets the error; until then a failure must not count as unhandled. */
function startReading(stream: NodeJS.ReadableStream, run: ContainerRun): Promise<void> {
  const reading = read(stream, run);
  reading.catch(() => undefined);
  return reading;
}

async function read(stream: NodeJS.ReadableStream, run: ContainerRun): Promise<void> {
  for await (const frame of demultiplex(stream as AsyncIterable<Uint8Array>)) {
    run.output(frame);
    // A build that is being ended must not wait for its log to be taken; nothing but that end is thrown here.
    if (!run.signal.aborted) await untilAborted(run.ready(), run.signal).catch(() => undefined);
  }
}

/** TERM, ten seconds, KILL; or KILL immediately. Waits for the engine to report the end, but not forever. */
async function end(container: Container, gently: boolean, ended: Promise<unknown>): Promise<void> {
  const stopping = gently ? container.stop({ t: GRACE_SECONDS }) : container.kill();
  await withPatience(
    stopping.catch((error: unknown) => {
      // 304 and 409: it has ended by itself. 404: it is gone. All are what was wanted.
      if (![304, 404, 409].includes(engineStatus(error) ?? 0)) throw error;
    }),
    GRACE_SECONDS * 1000 + KILL_PATIENCE_MS,
  );
  await withPatience(ended, KILL_PATIENCE_MS);
}

async function remove(container: Container, onLeftover: (error: unknown) => void): Promise<void> {
  try {
    await withPatience(removeContainer(container), KILL_PATIENCE_MS, true);
  } catch (error) {
    // The sweep at the runner's next start finds it by its label.
    onLeftover(error);
  }
}

/** Waits for a promise, at most so long; then goes on without it, or throws if it is needed. */
async function withPatience(promise: Promise<unknown>, ms: number, needed = false): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve, reject) => {
    timer = setTimeout(() => (needed ? reject(new Error('The engine does not respond')) : resolve()), ms);
  });
  try {
    await Promise.race([promise, patience]);
  } finally {
    clearTimeout(timer);
  }
}
