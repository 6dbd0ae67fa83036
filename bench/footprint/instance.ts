/** A whole instance as `npm start` runs it, with a state folder of its own and one local runner. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../../stack/command.ts';
import { freePort } from '../../stack/free-port.ts';

const TOKEN = 'token-of-an-instance-that-is-measured-0123456789';

export class WholeInstance {
  readonly url: string;
  readonly token = TOKEN;
  readonly #state: string;
  readonly #port: number;
  #child: ChildProcess | null = null;

  private constructor(state: string, port: number) {
    this.#state = state;
    this.#port = port;
    this.url = `http://localhost:${port}`;
  }

  /** An instance that does not run yet. */
  static async create(): Promise<WholeInstance> {
    return new WholeInstance(await mkdtemp(join(tmpdir(), 'appflux-footprint-')), await freePort());
  }

  /** The process that everything descends from. */
  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the instance does not run');
    return this.#child.pid;
  }

  /** Starts it. @returns the milliseconds until it printed `ready` */
  async start(): Promise<number> {
    const startedAt = performance.now();
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('APPFLUX_'));
    const child = spawn(process.execPath, [join(ROOT, 'stack', 'bootstrap.mjs'), 'start'], {
      cwd: ROOT,
      env: {
        ...Object.fromEntries(own),
        APPFLUX_SCAN: 'off',
        APPFLUX_STATE: this.#state,
        APPFLUX_PORT: String(this.#port),
        APPFLUX_BOOTSTRAP_TOKEN: TOKEN,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.startsWith('ready ')) continue;
      const took = performance.now() - startedAt;
      // Nobody reads on, and a full pipe would stop it.
      child.stdout.resume();
      return took;
    }
    throw new Error('the instance ended before it was ready');
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }

  /** Stops it and removes its state. */
  async remove(): Promise<void> {
    await this.stop();
    await rm(this.#state, { recursive: true, force: true });
  }
}
