/**
 * What AppFlux makes of each kind of project: what is detected and why, the image, the time with a cleared and with a
 * warm cache, the artifacts; and how many of detection's fixtures are decided correctly.
 */
import { parseArgs } from 'node:util';
import { type InstanceWithRunner, startWithRunner } from '../e2e/instance/with-runner.ts';
import { filesIn, fixtureFolder } from '../e2e/source/zip.ts';
import { connectEngine, type Engine } from '../runner/src/sandbox/engine.ts';
import { ensureWebImage, WEB_IMAGE } from '../runner/src/testing/docker.ts';
import { describeProject, type MeasuredProject, summary } from './kinds/describe.ts';
import { countRight } from './kinds/detection.ts';
import { PROJECTS, type Project } from './kinds/projects.ts';
import { measureInTurns } from './overhead/cold-and-warm.ts';
import { conditions, print, progress, round, table } from './report.ts';

const { wanted, rounds } = flags();
const under = conditions();
const engine = connectEngine();
if (wanted.some(({ image }) => image === WEB_IMAGE)) await ensureWebImage(engine);
const instance = await startWithRunner();
try {
  const measured: MeasuredProject[] = [];
  const left: string[] = [];
  for (const project of wanted) {
    if (await isThere(engine, project.image)) measured.push(await measure(instance, project));
    else left.push(`${project.fixture} was skipped: the image ${project.image} has not been built.`);
  }
  const counts = await countRight();
  print(
    `Projects of each kind, ${rounds === 1 ? 'one cold and one warm build' : `${rounds} alternating cold and warm builds`}`,
    under,
    summary(measured),
    ...measured.map(describeProject),
    ...(left.length === 0 ? [] : [left.join('\n')]),
    ['Fixtures of detection, by kind', table(['kind', 'right', 'fixtures'], counts)].join('\n'),
  );
} finally {
  await instance.stop();
}

async function measure({ client }: InstanceWithRunner, project: Project): Promise<MeasuredProject> {
  const files = await filesIn(fixtureFolder(project.fixture));
  const builds = await measureInTurns(client, { name: project.fixture, files, rounds });
  progress(`${project.fixture}: ${builds.map(({ seconds }) => round(seconds)).join(' s, ')} s`);
  return { ...project, builds };
}

function flags(): { wanted: readonly Project[]; rounds: number } {
  const names = PROJECTS.map(({ fixture }) => fixture);
  const { values, positionals } = parseArgs({
    options: { rounds: { type: 'string', default: '1' } },
    allowPositionals: true,
  });
  const rounds = Number(values.rounds);
  const unknown = positionals.filter((name) => !names.some((known) => known === name));
  if (unknown.length > 0 || !Number.isSafeInteger(rounds) || rounds < 1) {
    process.stderr.write(`Usage: [--rounds 1] [${names.join('] [')}]\n`);
    process.exit(2);
  }
  const chosen = PROJECTS.filter(({ fixture }) => positionals.length === 0 || positionals.includes(fixture));
  return { wanted: chosen, rounds };
}

function isThere(docker: Engine, image: string): Promise<boolean> {
  return docker
    .getImage(image)
    .inspect()
    .then(
      () => true,
      // It does not exist: the result says which project was skipped for it.
      () => false,
    );
}
