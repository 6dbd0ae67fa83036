/**
 * How long lists take with much data: the same requests to an instance with many apps and deployments and to a nearly
 * empty one, alternately, on each metadata backend; and how many rows D1 reads for each.
 */
import { Client } from '../e2e/instance/client.ts';
import { numberFlags } from './flags.ts';
import { type Call, callsOf, TooSlow, timed } from './metadata/calls.ts';
import { type FilledInstance, filledOnD1, filledOnMongo } from './metadata/instance.ts';
import type { Size } from './metadata/records.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { percentile } from './statistics.ts';

const flags = numberFlags({ apps: 10_000, deployments: 100_000, rounds: 20 });
const HEADING = ['p50 ms', 'p95 ms', 'ratio'];
const NEARLY_EMPTY: Size = { apps: 3, deployments: 30 };
const under = conditions();

print(`Lists of ${flags.apps} apps and ${flags.deployments} deployments, in D1`, under, await onD1());
print(
  '\nThe same, in MongoDB',
  await onMongo(),
  'Times are of whole requests, through the HTTP API. The ratio is that of the medians, to the same request to an instance with 3 apps and 30 deployments.',
);

async function onD1(): Promise<string> {
  await using cleanup = new AsyncDisposableStack();
  const full = await filledOnD1(flags, progress);
  cleanup.defer(full.stop);
  const empty = await filledOnD1(NEARLY_EMPTY, progress);
  cleanup.defer(empty.stop);
  const rows = await measure(full, empty, 'D1');
  const read: number[] = [];
  for (const call of callsOf(full.team)) {
    await full.instance.reset();
    await timed(new Client(full.instance), call);
    read.push((await full.instance.counts()).d1RowsRead);
  }
  return table(
    ['D1', ...HEADING, 'rows read'],
    rows.map((row, index) => [...row, read[index] ?? 0]),
  );
}

async function onMongo(): Promise<string> {
  await using cleanup = new AsyncDisposableStack();
  const full = await filledOnMongo(flags, progress);
  if (full === null) {
    return 'NOT MEASURED ON MONGODB: no MONGODB_URI, no FerretDB was built, and no container of mongo:8 could start.';
  }
  cleanup.defer(full.stop);
  const empty = await filledOnMongo(NEARLY_EMPTY, progress);
  if (empty === null) throw new Error(`${full.server} has stopped`);
  cleanup.defer(empty.stop);
  return table([full.server, ...HEADING], await measure(full, empty, full.server));
}

/** Makes the calls alternately; the first round is not counted. */
async function measure(full: FilledInstance, empty: FilledInstance, backend: string) {
  const [many, few] = [new Client(full.instance), new Client(empty.instance)];
  const fewCalls = callsOf(empty.team);
  const rows: (string | number)[][] = [];
  for (const [index, call] of callsOf(full.team).entries()) {
    progress(`${backend}: ${call.name}`);
    const times = await inTurns(many, call, few, fewCalls[index] ?? call);
    if (times === null) {
      rows.push([call.name, 'answered 503: too slow', '', '']);
      continue;
    }
    const [slow, fast] = times;
    const ratio = percentile(slow, 0.5) / percentile(fast, 0.5);
    rows.push([call.name, round(percentile(slow, 0.5)), round(percentile(slow, 0.95)), round(ratio)]);
  }
  return rows;
}

/** The times of both, or null if the backend is too slow for it. */
async function inTurns(
  many: Client,
  call: Call,
  few: Client,
  fewCall: Call,
): Promise<[number[], number[]] | null> {
  const slow: number[] = [];
  const fast: number[] = [];
  for (let turn = 0; turn <= flags.rounds; turn += 1) {
    const big = await timed(many, call).catch(tooSlow);
    if (big === null) return null;
    const small = await timed(few, fewCall);
    if (turn === 0) continue;
    slow.push(big);
    fast.push(small);
  }
  return [slow, fast];
}

function tooSlow(error: unknown): null {
  if (error instanceof TooSlow) return null;
  throw error;
}
