/**
 * How fast work reaches a runner and how long it takes: the steps from the request to the end with a real runner, with and
 * without a sandbox that waits, beside a bare `docker run`; a queue of real builds; and a full queue drained by many runners
 * that speak the real protocol but build nothing. `--part` measures one of them only.
 */
import { startInstance } from '../e2e/instance/edge.ts';
import { connectEngine } from '../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../runner/src/testing/docker.ts';
import { drain } from './dispatch/drain.ts';
import { buildQueue } from './dispatch/queue.ts';
import { type Kind, type Steps, stepsInTurns } from './dispatch/single.ts';
import { numbersAndChoice } from './flags.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { percentile } from './statistics.ts';

const { numbers: flags, chosen } = numbersAndChoice(
  { rounds: 20, jobs: 100, slots: 2, queued: 1_000, runners: 50 },
  'part',
  ['steps', 'queue', 'drain'] as const,
);
const under = conditions();
const parts: string[] = [];
await ensureWebImage(connectEngine());
if (chosen === null || chosen === 'steps')
  parts.push(...stepTables(await stepsInTurns(flags.rounds, progress)));
if (chosen === null || chosen === 'queue') parts.push(await queueTable());
if (chosen === null || chosen === 'drain') parts.push(...(await drainTables()));
print('Dispatch', under, ...parts);

/** One table per kind, and the ratios to a bare run. */
function stepTables(measured: Readonly<Record<Kind, readonly Steps[]>>): string[] {
  const kinds = Object.entries(measured) as [Kind, readonly Steps[]][];
  const tables = kinds.map(([kind, all]) => {
    const names = Object.keys(all[0] ?? {}) as (keyof Steps)[];
    const rows = names.map((name) => [name, ...points(all.map((steps) => steps[name] ?? 0))]);
    return table([`${kind}: ms from the request`, 'p50', 'p99'], rows);
  });
  const p50 = (kind: Kind, name: 'first command' | 'ended') =>
    percentile(
      measured[kind].map((steps) => steps[name]),
      0.5,
    );
  const ratios = (['prepared', 'unprepared'] as const).map((kind) => [
    kind,
    ...(['first command', 'ended'] as const).map((name) => round(p50(kind, name) / p50('docker run', name))),
  ]);
  return [...tables, table(['p50, of docker run', 'first command', 'ended'], ratios)];
}

async function queueTable(): Promise<string> {
  const queued = await buildQueue(flags, progress);
  const rows = Object.entries(queued).map(([kind, ms]) => [
    kind,
    round(ms),
    round(ms / queued['docker run']),
  ]);
  return table([`${flags.jobs} builds on ${flags.slots} slots`, 'ms a build', 'of docker run'], rows);
}

/** One token requests all deployments, as fast as the control plane accepts them, so this instance has no limit of calls. */
async function drainTables(): Promise<string[]> {
  const edge = await startInstance({ variables: { CALLS_PER_SECOND: '' } });
  try {
    const drained = await drain(edge, flags, progress);
    if (drained.lost + drained.doubled > 0) process.exitCode = 1;
    return [
      table(
        [
          'queued',
          'runners',
          'POSTs/s',
          'drained in s',
          'claims/s',
          'wait p50 ms',
          'wait p99 ms',
          'lost',
          'doubled',
        ],
        [
          [
            flags.queued,
            flags.runners,
            round(drained.createdPerSecond),
            round(drained.seconds),
            round(drained.claims / drained.seconds),
            ...points(drained.waitsMs),
            drained.lost,
            drained.doubled,
          ],
        ],
      ),
      table(
        ['processor time of the control plane', 'ms'],
        [
          ['per deployment accepted', round(drained.creatingMs)],
          ['per deployment claimed, started, finished and archived', round(drained.claimingMs)],
        ],
      ),
      'The wait is from the moment the runners connected, with everything queued, to the grant.',
    ];
  } finally {
    await edge.stop();
  }
}

function points(values: readonly number[]): [number, number] {
  return [round(percentile(values, 0.5)), round(percentile(values, 0.99))];
}
