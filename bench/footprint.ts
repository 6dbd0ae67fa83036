/**
 * How much memory a whole instance needs, process by process: when it is idle, while it takes many small deployments, and
 * after a rest; and how long a restart takes. The engine, its containers and the malware scanner are not counted. The
 * deployments are built by runners that speak the real protocol and build nothing; the real runner waits beside them.
 * At last, what a request costs: of the control plane, and in turns of a Worker that does nothing.
 *
 *   npm run bench:footprint
 *   npm run bench:footprint -- --deployments 300 --every 100 --rest 60
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { numberFlags } from './flags.ts';
import { WholeInstance } from './footprint/instance.ts';
import { footprint, PART_NAMES } from './footprint/processes.ts';
import { requestCosts } from './footprint/requests.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { openLane } from './soak/lane.ts';
import { median } from './statistics.ts';

/** The aims: megabytes when it is idle, and after many deployments; and seconds of a restart. */
const AIMS = { idle: 300, after: 400, restart: 3 };

/** From when on an instance is idle, in seconds: by then what its start needed was given back. */
const SETTLED_S = 15;

const flags = numberFlags({
  deployments: 3_000,
  every: 300,
  lanes: 4,
  rest: 300,
  restarts: 3,
  requests: 2_000,
  rounds: 5,
});
const under = conditions();
const instance = await WholeInstance.create();
const rows: (string | number)[][] = [];
try {
  await instance.start();
  const restarts: number[] = [];
  for (let turn = 0; turn < flags.restarts; turn += 1) {
    await instance.stop();
    restarts.push(await instance.start());
    progress(`restart: ${round((restarts.at(-1) ?? 0) / 1000)} s`);
  }
  await sleep(SETTLED_S * 1000);
  const idle = measured('idle');
  const lanes = await Promise.all(
    Array.from({ length: flags.lanes }, (_, index) => openLane(instance, index)),
  );
  for (let ended = 0; ended < flags.deployments; ) {
    const until = Math.min(ended + flags.every, flags.deployments);
    let next = ended;
    await Promise.all(
      lanes.map(async (lane) => {
        while (next < until) await lane.deploy(next++);
      }),
    );
    ended = until;
    measured(`${ended} deployments`);
  }
  for (const lane of lanes) lane.close();
  await sleep(flags.rest * 1000);
  const after = measured(`after ${flags.rest} s of rest`);
  const restart = median(restarts) / 1000;
  const costs = await requestCosts(instance, flags);
  print(
    'Memory of an instance (PSS), in MB',
    under,
    table(['', ...PART_NAMES, 'in all'], rows),
    table(['8 at a time', 'ms a request', 'of workerd’s processor time'], costs),
    table(
      ['', 'measured', 'aim'],
      [
        ['idle, MB', idle, AIMS.idle],
        ['after the deployments, MB', after, AIMS.after],
        ['restart to ready, s', round(restart), AIMS.restart],
      ],
    ),
  );
  if (idle > AIMS.idle || after > AIMS.after || restart > AIMS.restart) process.exitCode = 1;
} finally {
  await instance.remove();
}

/** Measures all processes now. @returns megabytes in all */
function measured(what: string): number {
  const parts = footprint(instance.pid);
  const megabytes = PART_NAMES.map((name) => Math.round(parts[name] / 1e6));
  const total = megabytes.reduce((sum, part) => sum + part, 0);
  rows.push([what, ...megabytes, total]);
  progress(rows.at(-1)?.join('  ') ?? '');
  return total;
}
