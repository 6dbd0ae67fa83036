/** Injects a plan's faults into the processes and the connections between them. */
import { pause } from '../e2e/instance/client.ts';
import type { EdgeInstance } from '../e2e/instance/edge.ts';
import type { RunnerProcess } from '../e2e/instance/runner.ts';
import type { FaultProxy } from './fault-proxy.ts';
import type { Flooder } from './flooder.ts';
import { keptBy } from './kills.ts';
import type { Ledger } from './ledger.ts';
import type { Fault } from './plan.ts';

export interface FaultParts {
  readonly edge: EdgeInstance;
  readonly runners: readonly RunnerProcess[];
  readonly proxy: FaultProxy;
  readonly flooder: Flooder;
  readonly ledger: Ledger;
}

export class Faults {
  readonly #edge: EdgeInstance;
  readonly #runners: readonly RunnerProcess[];
  readonly #proxy: FaultProxy;
  readonly #flooder: Flooder;
  readonly #ledger: Ledger;
  /** Processes that are down or stopped at present. */
  readonly #away = new Set<EdgeInstance | RunnerProcess>();

  constructor({ edge, runners, proxy, flooder, ledger }: FaultParts) {
    this.#edge = edge;
    this.#runners = runners;
    this.#proxy = proxy;
    this.#flooder = flooder;
    this.#ledger = ledger;
  }

  /** Injects a fault; resolves when the process is back. False if it was already down. */
  async commit(fault: Fault): Promise<boolean> {
    const proxy = this.#proxy;
    switch (fault.type) {
      case 'kill-runner':
        return this.#without(this.#runners[fault.runner], async (runner) => {
          await this.#kill(runner);
          await pause(fault.downMs);
          await runner.start();
        });
      case 'suspend-runner':
        return this.#without(this.#runners[fault.runner], async ({ pid }) => {
          process.kill(pid, 'SIGSTOP');
          try {
            await pause(fault.forMs);
          } finally {
            process.kill(pid, 'SIGCONT');
          }
        });
      case 'crash-edge':
        return this.#without(this.#edge, (edge) => edge.crash());
      case 'kill-workerd':
        return this.#without(this.#edge, (edge) => edge.killRuntime());
      case 'kill-all':
        return this.#killAll(fault.downMs);
      case 'cut-sockets':
        proxy.cutSockets(fault.share);
        return true;
      case 'stall-sockets':
        proxy.stallSockets(fault.share, fault.forMs);
        return true;
      case 'delay-messages':
        proxy.delayMessages(fault.upToMs, fault.forMs);
        return true;
      case 'repeat-messages':
        proxy.repeatMessages(fault.share, fault.forMs);
        return true;
      case 'fail-storage':
        proxy.failStorage(fault.share, fault.forMs);
        return true;
      case 'lose-answers':
        proxy.loseAnswers(fault.share, fault.forMs);
        return true;
      case 'flood':
        return (await this.#flooder.flood(fault.frames)) !== 'unreachable';
    }
  }

  /** Every process that runs dies at the same moment; resolves when all of them are back. */
  async #killAll(downMs: number): Promise<boolean> {
    const kills = [
      this.#without(this.#edge, (edge) => edge.crash()),
      ...this.#runners.map((each) =>
        this.#without(each, async (runner) => {
          await this.#kill(runner);
          await pause(downMs);
          await runner.start();
        }),
      ),
    ];
    return (await Promise.all(kills)).some(Boolean);
  }

  async #kill(runner: RunnerProcess): Promise<void> {
    await runner.kill();
    this.#ledger.kept.push(...(await keptBy(runner)));
  }

  /** A process is only stopped while it runs. */
  async #without<Process extends EdgeInstance | RunnerProcess>(
    process: Process | undefined,
    work: (process: Process) => Promise<void>,
  ): Promise<boolean> {
    if (process === undefined || this.#away.has(process)) return false;
    this.#away.add(process);
    try {
      await work(process);
    } finally {
      this.#away.delete(process);
    }
    return true;
  }
}
