/** The same project deployed with a cleared cache and with the cache that this build leaves, alternately. */
import type { Deployment, PhaseSpan } from '@appflux/protocol';
import type { Client } from '../../e2e/instance/client.ts';
import { RESTORING } from '../../runner/src/job/stage-log.ts';
import { commandTimes, type Times } from './command-times.ts';
import { DeployedProject } from './deployed-build.ts';

export interface TimedBuild extends Times {
  readonly kind: 'cold' | 'warm';
  /** From the request until a viewer receives the end. */
  readonly seconds: number;
  readonly deployment: Deployment;
  /** The log's lines about the cache. */
  readonly cacheLines: readonly string[];
}

export interface InTurns {
  readonly name: string;
  readonly files: Readonly<Record<string, Buffer>>;
  readonly rounds: number;
  readonly onRound?: (builds: readonly TimedBuild[]) => void;
}

/** How log lines about the cache begin. */
const ABOUT_CACHE = ['Cache: ', RESTORING, 'Installed packages are not kept'];

/** Makes two builds per round, the cold one first, because it fills the cache for the warm one. */
export async function measureInTurns(
  client: Client,
  { name, files, rounds, onRound }: InTurns,
): Promise<TimedBuild[]> {
  const project = await DeployedProject.create(client, name, files);
  const builds: TimedBuild[] = [];
  for (let turn = 0; turn < rounds; turn += 1) {
    for (const kind of ['cold', 'warm'] as const) {
      const { seconds, deployment } = await project.deploy({ clearCache: kind === 'cold' });
      const lines = (await client.logs(deployment.id)).items;
      const cacheLines = lines
        .map(({ text }) => text)
        .filter((text) => ABOUT_CACHE.some((begin) => text.startsWith(begin)));
      builds.push({ kind, seconds, deployment, cacheLines, ...commandTimes(lines) });
    }
    onRound?.(builds);
  }
  return builds;
}

/** How long a phase took, in seconds; 0 if there was none. */
export function phaseSeconds({ phases }: Pick<Deployment, 'phases'>, phase: PhaseSpan['phase']): number {
  const span = phases.find((each) => each.phase === phase);
  if (span === undefined || span.finishedAt === null) return 0;
  return (Date.parse(span.finishedAt) - Date.parse(span.startedAt)) / 1000;
}
