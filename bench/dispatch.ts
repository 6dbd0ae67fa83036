/**
 * How fast work reaches a runner: from the answer to the request to the container's start with a real runner, and a
 * full queue drained by many runners that speak the real protocol but build nothing.
 */
import { startInstance } from '../e2e/instance/edge.ts';
import { connectEngine } from '../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../runner/src/testing/docker.ts';
import { drain } from './dispatch/drain.ts';
import { untilContainerStarts } from './dispatch/single.ts';
import { numberFlags } from './flags.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { percentile } from './statistics.ts';

const flags = numberFlags({ rounds: 20, queued: 1_000, runners: 50 });
const under = conditions();
await ensureWebImage(connectEngine());

const single = await untilContainerStarts(flags.rounds, progress);
// One token requests all deployments, as fast as the control plane accepts them, so this instance has no limit of
// calls.
const edge = await startInstance({ variables: { CALLS_PER_SECOND: '' } });
try {
  const drained = await drain(edge, flags, progress);
  print(
    'Dispatch',
    under,
    table(
      ["to the container's start", 'n', 'p50 ms', 'p99 ms'],
      [
        ['from the request', single.length, ...points(single.map(({ fromRequestMs }) => fromRequestMs))],
        ['from its answer', single.length, ...points(single.map(({ fromAnswerMs }) => fromAnswerMs))],
      ],
    ),
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
  );
  if (drained.lost + drained.doubled > 0) process.exitCode = 1;
} finally {
  await edge.stop();
}

function points(values: readonly number[]): [number, number] {
  return [round(percentile(values, 0.5)), round(percentile(values, 0.99))];
}
