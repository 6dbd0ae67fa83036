/** The plan of a run with kills only: processes die by SIGKILL at random moments, and nothing else goes wrong. Pure. */
import { drawSteps, type Fault, inTime, LEASE_MS, type Plan, RUNNERS } from './plan.ts';
import { Random } from './random.ts';

/** The average interval between kills: most processes are back when the next one dies. */
const GAP_MS = 8000;
/** Of a run with so many kills, how many deployments there are for each. */
const DEPLOYMENTS_PER_KILL = 1;

/** Draws a run with so many kills. */
export function drawKills(kills: number, seed: string): Plan {
  const random = new Random(seed);
  const spanMs = kills * GAP_MS;
  const deployments = Math.max(2, Math.round(kills * DEPLOYMENTS_PER_KILL));
  const moments = random.fork('kills');
  const faults = Array.from({ length: kills }, (_, index) =>
    drawKill(4000 + moments.int(0, spanMs), index, moments),
  );
  return {
    steps: inTime(drawSteps(deployments, spanMs, random.fork('steps'))),
    faults: inTime(faults),
    deadlineMs: spanMs * 2 + 10 * LEASE_MS,
  };
}

/** Of ten kills, five hit a runner, two the control plane, one its runtime alone, and two everything together. */
function drawKill(at: number, index: number, random: Random): Fault {
  const downMs = random.int(0, 3000);
  switch (index % 10) {
    case 1:
    case 6:
      return { at, type: 'crash-edge' };
    case 3:
      return { at, type: 'kill-workerd' };
    case 4:
    case 9:
      return { at, type: 'kill-all', downMs };
    default:
      return { at, type: 'kill-runner', runner: random.int(0, RUNNERS - 1), downMs };
  }
}
