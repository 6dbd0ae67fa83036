/** What the kills of a run hit, and what killed runners had on disk. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunnerProcess } from '../e2e/instance/runner.ts';
import { attemptOfSpool, spooledBatches, spoolFolder } from '../runner/src/log/spool-file.ts';
import type { Kept } from './ledger.ts';

/** The output of builds that a killed runner has on disk. */
export async function keptBy({ state }: RunnerProcess): Promise<Kept[]> {
  const folder = spoolFolder(state);
  // It is created when the runner first connects.
  const names = await readdir(folder).catch(() => []);
  const kept: Kept[] = [];
  for (const name of names) {
    const ref = attemptOfSpool(name);
    if (ref === null) continue;
    const lines = [...spooledBatches(await readFile(join(folder, name)), 0)].flat();
    const texts = lines.filter(({ stream }) => stream !== 'system').map(({ text }) => text);
    kept.push({ id: ref.deploymentId, attempt: ref.attempt, texts });
  }
  return kept;
}

/** Counts kills by what was killed and by what the deployments were doing at that moment. */
export class KillCounts {
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #kills = new Map<string, number>();

  /** @param phases what the open deployments were doing, as they were last seen */
  add(type: string, phases: readonly string[]): void {
    this.#kills.set(type, (this.#kills.get(type) ?? 0) + 1);
    const counts = this.#counts.get(type) ?? new Map<string, number>();
    this.#counts.set(type, counts);
    for (const phase of new Set(phases.length === 0 ? ['nothing'] : phases))
      counts.set(phase, (counts.get(phase) ?? 0) + 1);
  }

  /** One line per kind: how often, and how many of those kills met a deployment in each phase. */
  lines(): string[] {
    return [...this.#counts].map(([type, counts]) => {
      const met = [...counts].map(([phase, times]) => `${phase} ${times}`).sort();
      return `${type}: ${this.#kills.get(type)}, during ${met.join(', ')}`;
    });
  }
}
