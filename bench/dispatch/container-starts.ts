/** When the engine started the containers of a runner, as the engine reports it. */
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { DEPLOYMENT_LABEL, RUNNER_LABEL } from '../../runner/src/sandbox/container-spec.ts';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';

const StartEvent = z.object({
  Actor: z.object({ Attributes: z.record(z.string(), z.string()) }),
  /** Nanoseconds since 1970, more than a double holds exactly: accurate to a microsecond. */
  timeNano: z.number(),
});

export class ContainerStarts {
  readonly #times = new Map<string, number>();
  readonly #stream: NodeJS.ReadableStream;

  private constructor(stream: NodeJS.ReadableStream) {
    this.#stream = stream;
    createInterface({ input: stream }).on('line', (line) => {
      const { Actor, timeNano } = StartEvent.parse(JSON.parse(line));
      this.#times.set(Actor.Attributes[DEPLOYMENT_LABEL] ?? '', timeNano / 1e6);
    });
  }

  /** Watches from now on. */
  static async watch(runnerId: string): Promise<ContainerStarts> {
    const filters = { type: ['container'], event: ['start'], label: [`${RUNNER_LABEL}=${runnerId}`] };
    return new ContainerStarts(await connectEngine().getEvents({ filters: JSON.stringify(filters) }));
  }

  /** When a deployment's container was started: Unix milliseconds. Throws if it was not. */
  of(deploymentId: string): number {
    const time = this.#times.get(deploymentId);
    if (time === undefined)
      throw new Error(`the engine reported no container of the deployment ${deploymentId}`);
    return time;
  }

  close(): void {
    if ('destroy' in this.#stream && typeof this.#stream.destroy === 'function') this.#stream.destroy();
  }
}
