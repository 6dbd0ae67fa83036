/**
 * A month in an hour: many small deployments on one instance, with the cron of thirty days in between. Prints what the
 * instance takes as it goes, and fails if something grows that should stay level.
 */
import { join } from 'node:path';
import { type EdgeInstance, startInstance } from '../e2e/instance/edge.ts';
import { numberFlags } from './flags.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { unbounded } from './soak/growth.ts';
import { type Lane, openLane } from './soak/lane.ts';
import { measure, type Sample } from './soak/measure.ts';
import { wrapWorker } from './wrapped-worker.ts';

const DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;
/** The interval of the cron in wrangler.toml. */
const CRON_MS = 15 * 60 * 1000;

const flags = numberFlags({ deployments: 20_000, lanes: 4, every: 2_000, minutes: 600 });
const under = conditions();
const edge = await startInstance({
  config: await wrapWorker('bench/soak/worker'),
  // Of each app the last 10 artifacts and 50 logs stay, and those of the last day.
  variables: { CALLS_PER_SECOND: '', ARTIFACTS_DAYS: '1', LOGS_DAYS: '1' },
});
try {
  const samples = await soak(edge);
  const grown = unbounded(samples);
  print(
    'Soak',
    under,
    table(heading(), samples.map(row)),
    ...grown.map(({ what, by }) => `GROWS: ${what} by ${round(by * 100)} %`),
  );
  if (grown.length > 0) process.exitCode = 1;
} finally {
  await edge.stop();
}

/** Runs all deployments and all days. */
async function soak(instance: EdgeInstance): Promise<Sample[]> {
  const startedAt = Date.now();
  const lanes = await Promise.all(
    Array.from({ length: flags.lanes }, (_, index) => openLane(instance, index)),
  );
  const samples: Sample[] = [];
  let ended = 0;
  let day = 0;
  let busyMs = 0;
  let busyFrom = performance.now();
  while (ended < flags.deployments && Date.now() - startedAt < flags.minutes * 60_000) {
    const dayEnd = Math.ceil((flags.deployments * (day + 1)) / DAYS);
    const sampleAt = (samples.length + 1) * flags.every;
    const until = Math.min(dayEnd, sampleAt, flags.deployments);
    busyFrom = performance.now();
    await deployAll(lanes, ended, until);
    busyMs += performance.now() - busyFrom;
    ended = until;
    if (ended === dayEnd) {
      day += 1;
      for (let passed = 0; passed < DAY_MS; passed += CRON_MS) {
        await runCron(instance, startedAt + day * DAY_MS + passed);
      }
    }
    if (ended !== sampleAt) continue;
    const places = { persist: instance.persist, log: join(instance.persist, '..', 'edge.log') };
    const sample = {
      deployments: ended,
      perSecond: (flags.every / busyMs) * 1000,
      ...measure(process.pid, places),
    };
    busyMs = 0;
    samples.push(sample);
    progress(row(sample).join('  '));
  }
  for (const lane of lanes) lane.close();
  return samples;
}

/** Deploys the numbers from `from` to below `to`, each lane one at a time. */
async function deployAll(lanes: readonly Lane[], from: number, to: number): Promise<void> {
  let next = from;
  await Promise.all(
    lanes.map(async (lane) => {
      while (next < to) await lane.deploy(next++);
    }),
  );
}

/** Runs the cron as at a time, in Unix milliseconds. */
async function runCron({ url }: EdgeInstance, time: number): Promise<void> {
  const answer = await fetch(`${url}/bench/cron?time=${time}`, { method: 'POST' });
  if (!answer.ok) throw new Error(`the cron was answered ${answer.status}`);
}

function heading(): string[] {
  return [
    'deployments',
    'per second',
    'workerd MB',
    'Node MB',
    'open files',
    'objects MB',
    'D1 MB',
    'bucket MB',
    'log KB',
  ];
}

function row(sample: Sample): number[] {
  const { deployments, perSecond, workerd, node, openFiles, objects, database, bucket, log } = sample;
  const megabytes = (bytes: number) => round(bytes / 1_000_000);
  return [
    deployments,
    round(perSecond),
    ...[workerd, node].map(megabytes),
    openFiles,
    ...[objects, database, bucket].map(megabytes),
    round(log / 1000),
  ];
}
