/**
 * What the cache saves: the same project deployed with a cleared cache and with the cache that this build leaves,
 * alternately, from the request until a viewer receives the end.
 */
import { join } from 'node:path';
import type { Deployment } from '@appflux/protocol';
import { Client } from '../e2e/instance/client.ts';
import { startInstance } from '../e2e/instance/edge.ts';
import { startRunner } from '../e2e/instance/runner.ts';
import { filesIn, fixtureFolder } from '../e2e/source/zip.ts';
import { connectEngine } from '../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../runner/src/testing/docker.ts';
import { numberFlags } from './flags.ts';
import { measureInTurns, phaseSeconds, type TimedBuild } from './overhead/cold-and-warm.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { median } from './statistics.ts';

const ANDROID_IMAGE = 'appflux/android-builder';
const REACT = join(import.meta.dirname, '..', 'runner', 'fixtures', 'react-vite');

const engine = connectEngine();
const flags = numberFlags({ rounds: 5 });
const under = conditions();
await ensureWebImage(engine);
const projects = new Map([
  ['Vite + React', await filesIn(REACT)],
  ['Next.js export', await filesIn(fixtureFolder('next-export'))],
]);
// Built by `npm run images -- android`, which takes some minutes; without it Gradle is not measured.
if (await isThere(ANDROID_IMAGE))
  projects.set('Android, Gradle', await filesIn(fixtureFolder('android-gradle')));
const edge = await startInstance();
const runner = await startRunner(edge);
try {
  const parts: string[] = [];
  for (const [name, files] of projects) parts.push(await measure(name, files));
  print(`Cold and warm builds, ${flags.rounds} alternating rounds`, under, ...parts);
} finally {
  await runner.stop();
  await edge.stop();
}

async function measure(name: string, files: Readonly<Record<string, Buffer>>): Promise<string> {
  const builds = await measureInTurns(new Client(edge), {
    name,
    files,
    // The first round is not counted: it asks the image for its facts and warms up the disk cache.
    rounds: flags.rounds + 1,
    onRound: (all) => {
      const [cold, warm] = all.slice(-2).map(({ seconds }) => round(seconds));
      progress(`${name} ${all.length / 2 - 1}/${flags.rounds}: ${cold} s cold, ${warm} s warm`);
    },
  });
  const counted = builds.slice(2);
  const [cold, warm] = (['cold', 'warm'] as const).map((kind) =>
    counted.filter((each) => each.kind === kind),
  );
  const row = (what: string, of: (build: TimedBuild) => number) => {
    const [before, after] = [median((cold ?? []).map(of)), median((warm ?? []).map(of))];
    return [what, round(before), round(after), before === 0 ? '' : String(round(after / before))];
  };
  const rows = [
    row('install and build commands', ({ install, build }) => install + build),
    row('  install command', ({ install }) => install),
    row('  build command', ({ build }) => build),
    row('whole deployment', ({ seconds }) => seconds),
    ...(cold?.[0]?.deployment.phases ?? []).map(({ phase }) =>
      row(`  phase ${phase}`, ({ deployment }) => phaseSeconds(deployment, phase)),
    ),
    row(
      '  building, without the commands',
      ({ deployment, install, build }) => phaseSeconds(deployment, 'building') - install - build,
    ),
    row('  outside of the phases', ({ seconds, deployment }) => seconds - inPhases(deployment)),
  ];
  const cacheLines = [...(cold?.at(-1)?.cacheLines ?? []), ...(warm?.at(-1)?.cacheLines ?? [])];
  return [`${name}, medians in seconds`, table(['', 'cold', 'warm', 'warm/cold'], rows), ...cacheLines].join(
    '\n',
  );
}

function inPhases(deployment: Deployment): number {
  return deployment.phases.reduce((sum, { phase }) => sum + phaseSeconds(deployment, phase), 0);
}

async function isThere(image: string): Promise<boolean> {
  return engine
    .getImage(image)
    .inspect()
    .then(
      () => true,
      // It does not exist, which the message above reports.
      () => false,
    );
}
