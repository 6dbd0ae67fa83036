/**
 * What the cache saves: the same project deployed with a cleared cache and with the one that this leaves, in turns, from
 * the request to the end as a viewer learns of it.
 */
import { join } from 'node:path';
import type { Deployment, PhaseSpan } from '@appflux/protocol';
import { Client } from '../e2e/instance/client.ts';
import { startInstance } from '../e2e/instance/edge.ts';
import { startRunner } from '../e2e/instance/runner.ts';
import { filesIn, fixtureFolder } from '../e2e/source/zip.ts';
import { connectEngine } from '../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../runner/src/testing/docker.ts';
import { commandTimes, type Times } from './cache/command-times.ts';
import { numberFlags } from './flags.ts';
import { DeployedProject } from './overhead/deployed-build.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { median } from './statistics.ts';

const ANDROID_IMAGE = 'appflux/android-builder';
const REACT = join(import.meta.dirname, '..', 'runner', 'src', 'testing', 'fixtures', 'react-vite');

const engine = connectEngine();
const flags = numberFlags({ rounds: 5 });
const under = conditions();
await ensureWebImage(engine);
const projects = new Map([
  ['Vite + React', REACT],
  ['Next.js export', fixtureFolder('next-export')],
  // Made by `npm run images -- android`, which takes some minutes; without it there is nothing to measure.
  ...((await isThere(ANDROID_IMAGE)) ? [['Android, Gradle', fixtureFolder('android-gradle')] as const] : []),
]);
const edge = await startInstance();
const runner = await startRunner(edge);
try {
  const parts: string[] = [];
  for (const [name, folder] of projects) parts.push(await measure(name, folder));
  print(`Cold and warm builds, ${flags.rounds} rounds in turns`, under, ...parts);
} finally {
  await runner.stop();
  await edge.stop();
}

interface Build extends Times {
  readonly seconds: number;
  readonly deployment: Deployment;
  readonly said: readonly string[];
}

async function measure(name: string, folder: string): Promise<string> {
  const client = new Client(edge);
  const project = await DeployedProject.create(client, name, await filesIn(folder));
  const build = async (clearCache: boolean): Promise<Build> => {
    const { seconds, deployment } = await project.deploy({ clearCache });
    const lines = (await client.logs(deployment.id)).items;
    const said = lines.map(({ text }) => text).filter((text) => text.startsWith('Cache: '));
    return { seconds, deployment, said, ...commandTimes(lines) };
  };
  // The image is asked for its facts and the disk's own cache is warmed: this round is not counted.
  await build(true);
  const cold: Build[] = [];
  const warm: Build[] = [];
  for (let turn = 0; turn < flags.rounds; turn += 1) {
    cold.push(await build(true));
    warm.push(await build(false));
    progress(
      `${name} ${turn + 1}/${flags.rounds}: ${cold.at(-1)?.seconds} s cold, ${warm.at(-1)?.seconds} s warm`,
    );
  }
  const row = (what: string, of: (build: Build) => number) => {
    const [before, after] = [median(cold.map(of)), median(warm.map(of))];
    return [what, round(before), round(after), before === 0 ? '' : String(round(after / before))];
  };
  const rows = [
    row('whole deployment', ({ seconds }) => seconds),
    row('install command', ({ install }) => install),
    row('build command', ({ build: built }) => built),
    ...(['preparing', 'detecting', 'building', 'uploading'] as const).map((phase) =>
      row(`phase ${phase}`, ({ deployment }) => phaseSeconds(deployment.phases, phase)),
    ),
  ];
  const said = [...(cold.at(-1)?.said ?? []), ...(warm.at(-1)?.said ?? [])];
  return [`${name}, medians in seconds`, table(['', 'cold', 'warm', 'warm/cold'], rows), ...said].join('\n');
}

function phaseSeconds(phases: readonly PhaseSpan[], phase: PhaseSpan['phase']): number {
  const span = phases.find((each) => each.phase === phase);
  if (span === undefined || span.finishedAt === null) return 0;
  return (Date.parse(span.finishedAt) - Date.parse(span.startedAt)) / 1000;
}

async function isThere(image: string): Promise<boolean> {
  return engine
    .getImage(image)
    .inspect()
    .then(
      () => true,
      // Not there: said above.
      () => false,
    );
}
