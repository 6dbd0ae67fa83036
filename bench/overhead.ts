/**
 * What AppFlux adds to a build: the same project by a deployment and by a bare `docker run` of the same image and
 * commands on the engine's default bridge, alternately; and by a second deployment, with the cache that the first leaves.
 * `--project large` measures only a project with half a gigabyte of packages, which is not among the usual ones.
 */
import { join } from 'node:path';
import type { Deployment, PhaseSpan } from '@appflux/protocol';
import { Client } from '../e2e/instance/client.ts';
import { startInstance } from '../e2e/instance/edge.ts';
import { startRunner } from '../e2e/instance/runner.ts';
import { filesIn, fixtureFolder } from '../e2e/source/zip.ts';
import { connectEngine } from '../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../runner/src/testing/docker.ts';
import { numbersAndChoice } from './flags.ts';
import { bareBuild } from './overhead/bare-build.ts';
import { DeployedProject } from './overhead/deployed-build.ts';
import { largeProject } from './overhead/large-project.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { median } from './statistics.ts';

const PROJECTS = {
  'react-vite': () => filesIn(join(import.meta.dirname, '..', 'runner', 'fixtures', 'react-vite')),
  'next-export': () => filesIn(fixtureFolder('next-export')),
  large: largeProject,
};
type Project = keyof typeof PROJECTS;
const USUAL: readonly Project[] = ['react-vite', 'next-export'];

const { numbers: flags, chosen } = numbersAndChoice(
  { rounds: 5 },
  'project',
  Object.keys(PROJECTS) as Project[],
);
const under = conditions();
await ensureWebImage(connectEngine());
const edge = await startInstance();
const runner = await startRunner(edge);
try {
  const parts: string[] = [];
  for (const name of chosen === null ? USUAL : [chosen]) parts.push(await measure(name));
  print(
    `Overhead of a deployment over a bare docker run, ${flags.rounds} alternating rounds`,
    under,
    ...parts,
  );
} finally {
  await runner.stop();
  await edge.stop();
}

type Timed = Awaited<ReturnType<DeployedProject['deploy']>>;

interface Round {
  readonly cold: Timed;
  readonly warm: Timed;
  /** Seconds of the bare docker run. */
  readonly bare: number;
}

async function measure(name: Project): Promise<string> {
  const files = await PROJECTS[name]();
  const project = await DeployedProject.create(new Client(edge), name, files);
  // This round is not counted, so that neither way includes one-time costs. It also shows the plan.
  const first = await project.deploy();
  const commands = commandsOf(first.deployment);
  await bareBuild(files, commands);
  const rounds: Round[] = [];
  for (let turn = 0; turn < flags.rounds; turn += 1) {
    const deployFirst = turn % 2 === 0;
    const early = deployFirst ? null : await bareBuild(files, commands);
    const cold = await project.deploy();
    const warm = await project.deploy({ clearCache: false });
    const bare = early ?? (await bareBuild(files, commands));
    rounds.push({ cold, warm, bare });
    const [first, second, run] = [cold.seconds, warm.seconds, bare].map((seconds) => seconds.toFixed(2));
    progress(
      `${name} ${turn + 1}/${flags.rounds}: AppFlux ${first} s, warm ${second} s, docker run ${run} s`,
    );
  }
  return [
    summary(name, rounds),
    shares(
      'cold',
      rounds.map(({ cold }) => cold),
    ),
    shares(
      'warm',
      rounds.map(({ warm }) => warm),
    ),
  ].join('\n\n');
}

function commandsOf({ plan }: Deployment): string {
  const commands = [plan?.installCommand, plan?.buildCommand].filter((command) => command != null);
  return commands.join(' && ');
}

function summary(name: string, rounds: readonly Round[]): string {
  const kinds = {
    'docker run': rounds.map(({ bare }) => bare),
    'AppFlux, cold': rounds.map(({ cold }) => cold.seconds),
    'AppFlux, warm': rounds.map(({ warm }) => warm.seconds),
  };
  const rows = Object.entries(kinds).map(([kind, seconds]) => {
    const ratios = rounds.map(({ bare }, index) => (seconds[index] ?? 0) / bare);
    const figures = [median(seconds), median(ratios), Math.min(...ratios), Math.max(...ratios)];
    return [kind, ...figures.map(round)];
  });
  const warm = median(rounds.map(({ cold, warm }) => warm.seconds / cold.seconds));
  const head = [name, 's (median)', 'of docker run (median)', 'lowest', 'highest'];
  return [table(head, rows), `warm/cold: ${round(warm)} (median)`].join('\n');
}

/** The time of deployments: their phases, and the time before the first and after the last. */
function shares(kind: string, deployed: readonly Timed[]): string {
  const names = ['waiting', ...(deployed[0]?.deployment.phases.map(({ phase }) => phase) ?? []), 'ending'];
  const rows = names.map((name) => {
    const seconds = deployed.map((each) => secondsOf(name, each.deployment, each.seconds));
    const share = deployed.map((each, index) => (100 * (seconds[index] ?? 0)) / each.seconds);
    return [name, round(median(seconds)), round(median(share))];
  });
  return table([`phase (${kind})`, 's (median)', '% of the whole'], rows);
}

function secondsOf(name: string, deployment: Deployment, whole: number): number {
  const { phases } = deployment;
  const spans = phases.map(spanSeconds);
  const before = phases[0] === undefined ? 0 : since(deployment.createdAt, phases[0].startedAt);
  if (name === 'waiting') return before;
  if (name === 'ending') return Math.max(0, whole - before - spans.reduce((sum, span) => sum + span, 0));
  return spans[phases.findIndex(({ phase }) => phase === name)] ?? 0;
}

function spanSeconds({ startedAt, finishedAt }: PhaseSpan): number {
  return since(startedAt, finishedAt ?? startedAt);
}

function since(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}
