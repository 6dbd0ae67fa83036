/**
 * What AppFlux adds to a build: the same project by a deployment and by a bare `docker run` of the same image and
 * commands on the engine's default bridge, alternately.
 */
import { join } from 'node:path';
import type { Deployment, PhaseSpan } from '@appflux/protocol';
import { Client } from '../e2e/instance/client.ts';
import { startInstance } from '../e2e/instance/edge.ts';
import { startRunner } from '../e2e/instance/runner.ts';
import { filesIn, fixtureFolder } from '../e2e/source/zip.ts';
import { connectEngine } from '../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../runner/src/testing/docker.ts';
import { numberFlags } from './flags.ts';
import { bareBuild } from './overhead/bare-build.ts';
import { DeployedProject } from './overhead/deployed-build.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { median } from './statistics.ts';

const PROJECTS = {
  'react-vite': join(import.meta.dirname, '..', 'runner', 'fixtures', 'react-vite'),
  'next-export': fixtureFolder('next-export'),
};

const flags = numberFlags({ rounds: 5 });
const under = conditions();
await ensureWebImage(connectEngine());
const edge = await startInstance();
const runner = await startRunner(edge);
try {
  const parts: string[] = [];
  for (const [name, folder] of Object.entries(PROJECTS)) parts.push(await measure(name, folder));
  print(
    `Overhead of a deployment over a bare docker run, ${flags.rounds} alternating rounds`,
    under,
    ...parts,
  );
} finally {
  await runner.stop();
  await edge.stop();
}

interface Round {
  readonly deployed: number;
  readonly bare: number;
  readonly deployment: Deployment;
}

async function measure(name: string, folder: string): Promise<string> {
  const files = await filesIn(folder);
  const project = await DeployedProject.create(new Client(edge), name, files);
  // This round is not counted, so that neither way includes one-time costs. It also shows the plan.
  const first = await project.deploy();
  const commands = commandsOf(first.deployment);
  await bareBuild(files, commands);
  const rounds: Round[] = [];
  for (let turn = 0; turn < flags.rounds; turn += 1) {
    const deployFirst = turn % 2 === 0;
    const early = deployFirst ? null : await bareBuild(files, commands);
    const { seconds, deployment } = await project.deploy();
    const bare = early ?? (await bareBuild(files, commands));
    rounds.push({ deployed: seconds, bare, deployment });
    progress(
      `${name} ${turn + 1}/${flags.rounds}: AppFlux ${seconds.toFixed(2)} s, docker run ${bare.toFixed(2)} s`,
    );
  }
  return [summary(name, rounds), shares(rounds)].join('\n\n');
}

function commandsOf({ plan }: Deployment): string {
  const commands = [plan?.installCommand, plan?.buildCommand].filter((command) => command != null);
  return commands.join(' && ');
}

function summary(name: string, rounds: readonly Round[]): string {
  const ratios = rounds.map(({ deployed, bare }) => deployed / bare);
  return table(
    ['project', 'AppFlux s (median)', 'docker run s (median)', 'ratio (median)', 'lowest', 'highest'],
    [
      [
        name,
        round(median(rounds.map(({ deployed }) => deployed))),
        round(median(rounds.map(({ bare }) => bare))),
        round(median(ratios)),
        round(Math.min(...ratios)),
        round(Math.max(...ratios)),
      ],
    ],
  );
}

/** The time of a deployment: its phases, and the time before the first and after the last. */
function shares(rounds: readonly Round[]): string {
  const names = ['waiting', ...(rounds[0]?.deployment.phases.map(({ phase }) => phase) ?? []), 'ending'];
  const rows = names.map((name) => {
    const seconds = rounds.map(({ deployment, deployed }) => secondsOf(name, deployment, deployed));
    const share = rounds.map(({ deployed }, index) => (100 * (seconds[index] ?? 0)) / deployed);
    return [name, round(median(seconds)), round(median(share))];
  });
  return table(['phase', 's (median)', '% of the whole'], rows);
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
