/** A container that runs and waits for its build. */
import type { Duplex } from 'node:stream';
import type { Container, ContainerCreateOptions } from 'dockerode';
import { containerEnd, type Engine, removeContainer } from './engine.ts';
import { type NamespaceSource, startAlone } from './start-alone.ts';

export interface WaitingContainer {
  readonly container: Container;
  /** Its standard input, and its output as the engine frames it. */
  readonly stream: Duplex;
  /** Its exit code. Rejects if the engine stops. */
  readonly ended: Promise<number>;
}

/**
 * Creates and starts one.
 * @param namespaces null if the engine makes its network namespace
 * @throws the engine's error; nothing is left then
 */
export const openWaiting = (
  engine: Engine,
  spec: ContainerCreateOptions,
  namespaces: NamespaceSource | null,
): Promise<WaitingContainer> => startAlone(namespaces, spec, (alone) => open(engine, alone));

async function open(engine: Engine, spec: ContainerCreateOptions): Promise<WaitingContainer> {
  const container = await engine.createContainer(spec);
  try {
    const stream = await container.attach({
      stream: true,
      stdin: true,
      stdout: true,
      stderr: true,
      hijack: true,
    });
    // A build that reads it gets the error from reading; until then nobody listens.
    stream.on('error', () => undefined);
    await container.start();
    const ended = containerEnd(container);
    // The same holds for its end.
    ended.catch(() => undefined);
    return { container, stream: stream as unknown as Duplex, ended };
  } catch (error) {
    await removeContainer(container);
    throw error;
  }
}
