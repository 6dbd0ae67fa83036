/** The same project deployed with a cleared cache and with what that leaves, in turns. */
import type { Deployment, PhaseSpan } from '@appflux/protocol';
import type { Client } from '../../e2e/instance/client.ts';
import { RESTORING } from '../../runner/src/job/stage-log.ts';
import { commandTimes, type Times } from './command-times.ts';
import { DeployedProject } from './deployed-build.ts';

export interface TimedBuild extends Times {
  readonly kind: 'cold' | 'warm';
  /** From the request to the end as a viewer learns of it. */
  readonly seconds: number;
  readonly deployment: Deployment;
  /** What the log says of the cache. */
  readonly said: readonly string[];
}

export interface InTurns {
  readonly name: string;
  readonly files: Readonly<Record<string, Buffer>>;
  readonly rounds: number;
  readonly onRound?: (builds: readonly TimedBuild[]) => void;
}

/** How lines of the log begin that tell of the cache. */
const ABOUT_CACHE = ['Cache: ', RESTORING, 'Installed packages are not kept'];

/** Gives two builds for each round, the cold one first: without it there would be nothing to be warm with. */
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
      const said = lines
        .map(({ text }) => text)
        .filter((text) => ABOUT_CACHE.some((begin) => text.startsWith(begin)));
      builds.push({ kind, seconds, deployment, said, ...commandTimes(lines) });
    }
    onRound?.(builds);
  }
  return builds;
}

/** How long a phase took, in seconds; 0 for one that there was none of. */
export function phaseSeconds({ phases }: Pick<Deployment, 'phases'>, phase: PhaseSpan['phase']): number {
  const span = phases.find((each) => each.phase === phase);
  if (span === undefined || span.finishedAt === null) return 0;
  return (Date.parse(span.finishedAt) - Date.parse(span.startedAt)) / 1000;
}
