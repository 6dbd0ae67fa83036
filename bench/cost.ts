/**
 * What Cloudflare bills for one deployment: a counting Worker around the real one, in workerd, while a deployment
 * runs at its real pace; priced with bench/prices.ts.
 */
import { LEASE_MS } from '@appflux/protocol';
import { pause } from '../e2e/instance/client.ts';
import type { Counts } from './cost/counts.ts';
import { startCountedInstance } from './cost/instance.ts';
import { setScene } from './cost/one-deployment.ts';
import { setSite } from './cost/site.ts';
import { numberFlags } from './flags.ts';
import { type Billed, FREE_PER_DAY, PRICES } from './prices.ts';
import { workerdSeconds } from './processor-time.ts';
import { conditions, print, progress, round, table } from './report.ts';

const flags = numberFlags({
  lines: 5_000,
  seconds: 150,
  viewers: 3,
  megabytes: 50,
  downloads: 100,
  files: 1_000,
  views: 1_000,
});
/** An object's last alarm rings within a lease's time: if nothing was counted for longer, all is done. */
const QUIET_MS = LEASE_MS + 5_000;

const under = conditions();
const instance = await startCountedInstance();
try {
  const scene = await setScene(instance, { ...flags, artifactMegabytes: flags.megabytes });
  await untilQuiet();
  await instance.reset();
  progress(`one deployment of ${flags.seconds} s starts`);
  const busyBefore = workerdSeconds();
  await scene.deploy();
  const counts = await untilQuiet();
  scene.close();
  const processorSeconds = workerdSeconds() - busyBefore;
  report(counts, processorSeconds, await siteCounts());
} finally {
  await instance.stop();
}

/** Waits until nothing is counted any more, and returns the counts. */
async function untilQuiet(): Promise<Counts> {
  let counts = await instance.counts();
  for (let since = Date.now(); Date.now() - since < QUIET_MS; ) {
    await pause(500);
    const now = await instance.counts();
    if (JSON.stringify(now) !== JSON.stringify(counts)) since = Date.now();
    counts = now;
  }
  return counts;
}

/** What a site costs: two deployments of it, and views of its pages. */
async function siteCounts(): Promise<[string, Counts][]> {
  const site = await setSite(instance, flags.files);
  const counted: [string, Counts][] = [];
  const count = async (what: string, work: () => Promise<void>) => {
    await untilQuiet();
    await instance.reset();
    progress(what);
    await work();
    counted.push([what, await untilQuiet()]);
  };
  await count(`first deployment of ${flags.files} files`, site.publish);
  await count('deployment with 3 files changed', site.publish);
  await count(`${flags.views} page views`, () => site.view(flags.views));
  await site.close();
  return counted;
}

/** What is billed by count, without the objects' time. */
function billedOf(counts: Counts): readonly [string, number, Billed][] {
  return [
    ['Worker requests', counts.workerRequests + counts.queueInvocations, 'workerRequest'],
    ['object requests', counts.objectRequests + counts.alarms, 'objectRequest'],
    ['rows written', counts.objectRowsWritten + counts.alarmsSet, 'objectRowWritten'],
    ['D1 rows read', counts.d1RowsRead, 'd1RowRead'],
    ['D1 rows written', counts.d1RowsWritten, 'd1RowWritten'],
    ['queue operations', counts.queueOperations, 'queueOperation'],
    ['class A', counts.r2ClassA, 'r2ClassA'],
    ['class B', counts.r2ClassB, 'r2ClassB'],
  ];
}

function siteTable(counted: readonly [string, Counts][]): string {
  const columns = counted.map(([, counts]) => billedOf(counts));
  const rows = (columns[0] ?? []).map(([what], at) => [
    what,
    ...columns.map((column) => column[at]?.[1] ?? 0),
  ]);
  const dollars = columns.map((column) =>
    round(column.reduce((sum, [, count, billed]) => sum + count * PRICES[billed].dollars, 0) * 1e6),
  );
  return table(
    ['a site', ...counted.map(([what]) => what)],
    [...rows, ['dollars for a million', ...dollars]],
  );
}

function report(counts: Counts, processorSeconds: number, site: readonly [string, Counts][]): void {
  const pieces: readonly [string, number, Billed][] = [
    ['Worker requests', counts.workerRequests, 'workerRequest'],
    ['Worker calls by queues', counts.queueInvocations, 'workerRequest'],
    ['object requests (calls, upgrades)', counts.objectRequests, 'objectRequest'],
    ['object alarms', counts.alarms, 'objectRequest'],
    ['object WebSocket messages in', counts.socketMessages, 'objectMessage'],
    ['object seconds at 128 MB, waiting', round(counts.awakeMs / 1000), 'objectSecond'],
    ['object seconds at 128 MB, running, at most', round(processorSeconds), 'objectSecond'],
    ['object rows written', counts.objectRowsWritten, 'objectRowWritten'],
    ['object alarms set', counts.alarmsSet, 'objectRowWritten'],
    ['D1 rows read', counts.d1RowsRead, 'd1RowRead'],
    ['D1 rows written', counts.d1RowsWritten, 'd1RowWritten'],
    ['queue operations', counts.queueOperations, 'queueOperation'],
    ['R2 operations, class A', counts.r2ClassA, 'r2ClassA'],
    ['R2 operations, class B', counts.r2ClassB, 'r2ClassB'],
  ];
  const rows = pieces.map(([what, count, billed]) => [
    what,
    count,
    round(count * PRICES[billed].dollars * 1e6),
  ]);
  const written = counts.objectRowsWritten + counts.alarmsSet + counts.d1RowsWritten;
  const total = pieces.reduce((sum, [, count, billed]) => sum + count * PRICES[billed].dollars, 0);
  print(
    `Cost of one deployment: ${flags.lines} lines in ${flags.seconds} s, ${flags.viewers} viewers, one artifact of ${flags.megabytes} MB, ${flags.downloads} downloads`,
    under,
    table(['what', 'count', 'dollars for a million deployments'], rows),
    table(['object rows written by', 'rows'], writers(counts)),
    siteTable(site),
    freePlan(pieces),
    `In total ${written} rows written and $${total.toFixed(6)} a deployment, beyond what the plan includes.`,
    [
      'Not included: CPU time of the Worker, storage by the month.',
      'Object seconds: waiting for something, which prevents hibernation; running, bounded by all processor time of workerd, most of which is that of the Worker and the local R2 and D1.',
      'The deployment runs in real time, because rows and messages depend on it.',
    ].join('\n'),
  );
}

/** How many such deployments the free plan has room for in a day, and what there is least room for. */
function freePlan(pieces: readonly [string, number, Billed][]): string {
  const used = new Map<Billed, number>();
  for (const [, count, billed] of pieces) {
    const isMessage = billed === 'objectMessage';
    const unit = isMessage ? 'objectRequest' : billed;
    used.set(unit, (used.get(unit) ?? 0) + (isMessage ? count / 20 : count));
  }
  const rooms = Object.entries(FREE_PER_DAY).map(
    ([billed, perDay]) => [billed, Math.floor(perDay / (used.get(billed as Billed) ?? 0))] as const,
  );
  const sorted = rooms.filter(([, room]) => Number.isFinite(room)).sort(([, a], [, b]) => a - b);
  return table(['on the free plan', 'deployments a day'], sorted);
}

/** The statements that write most rows, by their first words. */
function writers({ rowsByStatement }: Counts): [string, number][] {
  const most = Object.entries(rowsByStatement).sort(([, a], [, b]) => b - a);
  return most.slice(0, 10).map(([statement, rows]) => [statement.slice(0, 60), rows]);
}
