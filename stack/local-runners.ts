/** The local runners of `npm start`: those that are registered start while the control plane does, and wait for it. */
import { addressesOf } from './addresses/addresses.ts';
import type { Child } from './child.ts';
import type { ControlPlane } from './control-plane.ts';
import { ensureRegistered, hasRegistered, runnerNames, startRunner, wasRemoved } from './runners.ts';
import type { Settings } from './settings.ts';
import { supervise } from './supervise.ts';

/** A runner removes its containers before it ends. */
const RUNNER_GRACE_MS = 30_000;

export interface LocalRunnersOptions {
  readonly settings: Settings;
  readonly edge: ControlPlane;
  /** What `bundleRunner` gives; null to run sources. */
  readonly bundle: string | null;
  /** With DOCKER_HOST. */
  readonly env: NodeJS.ProcessEnv;
  readonly say: (text: string, level?: 'info' | 'warn') => void;
}

/** What is done with a single runner. */
const CALLS = { ensureRegistered, hasRegistered, startRunner, wasRemoved };

export class LocalRunners {
  readonly names: readonly string[];
  readonly #options: LocalRunnersOptions;
  readonly #calls: typeof CALLS;
  /** Those that run already, and that nobody supervises yet. */
  readonly #early = new Map<string, Child>();
  /** One for each that runs: a second signal would keep it from cleaning up. */
  readonly #stops = new Map<string, () => Promise<unknown>>();

  constructor(options: LocalRunnersOptions, calls = CALLS) {
    this.#options = options;
    this.#calls = calls;
    this.names = runnerNames(options.settings.runners);
  }

  /** Starts those that have registered here: they connect as soon as the control plane answers. */
  async startRegistered(): Promise<void> {
    const { settings, env, bundle } = this.#options;
    const { localUrl } = addressesOf(settings);
    const { hasRegistered, startRunner } = this.#calls;
    for (const name of this.names) {
      if (!(await hasRegistered(name, settings, localUrl))) continue;
      const early = await startRunner(name, settings, env, bundle);
      this.#early.set(name, early);
      this.#stops.set(name, () => early.stop(RUNNER_GRACE_MS));
    }
  }

  /**
   * Registers those that have to, starts those that don't run yet, and keeps all running. The control plane must answer.
   * @throws StackProblem `runner_failed`
   */
  async start(): Promise<void> {
    const { settings, edge, env, bundle, say } = this.#options;
    const { localUrl } = addressesOf(settings);
    const { ensureRegistered, startRunner, wasRemoved } = this.#calls;
    for (const name of this.names) {
      await ensureRegistered(name, settings, localUrl, edge, env, async () => {
        await this.#stops.get(name)?.();
        this.#stops.delete(name);
        this.#early.delete(name);
      });
      const first = this.#early.get(name) ?? (await startRunner(name, settings, env, bundle));
      const start = async () => {
        if (!(await wasRemoved(name, settings, edge))) return startRunner(name, settings, env, bundle);
        say(`The runner ${name} was removed and stopped; the next start registers it again`);
        return null;
      };
      const runner = supervise({ name: `The runner ${name}`, first, start, say });
      this.#stops.set(name, () => runner.stop(RUNNER_GRACE_MS));
    }
  }

  /** Ends all of them, side by side. */
  async stop(): Promise<void> {
    await Promise.all([...this.#stops.values()].map((stop) => stop()));
  }
}
