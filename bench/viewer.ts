/**
 * The log viewer of the dashboard with a very long finished log: how soon it shows lines, a linked line, and what a search
 * finds, and whether its memory grows while somebody reads on. Fails if a target is missed.
 */
import { fileURLToPath } from 'node:url';
import { launchBrowser } from '../e2e/browser/launch.ts';
import { startInstance } from '../e2e/instance/edge.ts';
import { ensureDashboard } from '../stack/dashboard.ts';
import { SILENT } from '../stack/testing/silent.ts';
import { writeFinishedLog } from './finished-log/write.ts';
import { numberFlags } from './flags.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { median } from './statistics.ts';
import { errorEvery } from './viewer/lines.ts';
import { LogServer } from './viewer/log-server.ts';
import { openViewer, type Visit } from './viewer/page.ts';

const flags = numberFlags({ lines: 1_000_000, rounds: 5, jumps: 40 });

/** What the viewer has to keep to: milliseconds, and how much its memory may grow, in bytes. */
const WITHIN_MS = 1000;
const MEMORY_GROWTH = 16 * 1024 * 1024;

const under = conditions();
await ensureDashboard(fileURLToPath(new URL('..', import.meta.url)), process.env, SILENT);
const logs = await LogServer.start(flags.lines);
const edge = await startInstance({
  reachedAt: (port) => {
    logs.port = port;
    return logs.url;
  },
});
const browser = await launchBrowser();
try {
  const id = await writeFinishedLog(edge, 10);
  logs.deploymentId = id;
  progress(`${flags.lines} lines are prepared`);
  const viewer = await openViewer(browser, edge, id);
  const times = {
    first: [] as number[],
    linked: [] as number[],
    search: [] as number[],
    all: [] as number[],
    work: [] as number[],
    error: [] as number[],
  };
  let memory: Awaited<ReturnType<Visit['read']>> | null = null;
  for (let turn = 0; turn <= flags.rounds; turn += 1) {
    const line = Math.floor((flags.lines * (turn + 1)) / (flags.rounds + 2));
    const first = await viewer.open();
    const linked = await viewer.open(line);
    const found = await linked.search(`module-${flags.lines - turn - 1}.`);
    const error = await linked.nextError(line);
    // The first round warms up the browser.
    if (turn > 0) {
      times.first.push(first.milliseconds);
      times.linked.push(linked.milliseconds);
      times.search.push(found.first);
      times.all.push(found.all);
      times.work.push(found.work);
      times.error.push(error);
    }
    if (turn === flags.rounds) memory = await linked.read(flags.lines, flags.jumps);
    await first.close();
    await linked.close();
  }
  const growth = memory === null ? 0 : memory.after - memory.before;
  const rows = [
    ['first lines, from the navigation', ...summary(times.first)],
    ['linked line, from the navigation', ...summary(times.linked)],
    ['search: the only match, from the last key', ...summary(times.search)],
    ['search: the whole log was read', ...summary(times.all)],
    ['search: processor time of the main thread', ...summary(times.work)],
    ['next error, from the key', ...summary(times.error)],
  ];
  print(
    `Log viewer: ${flags.lines} lines, an error every ${errorEvery} lines, ${flags.rounds} rounds`,
    under,
    table(['what', 'ms (median)', 'ms (highest)'], rows),
    `Memory of the page (JavaScript heap after garbage collection): ${mebibytes(memory?.before ?? 0)} MiB when opened, ${mebibytes(memory?.after ?? 0)} MiB after ${flags.jumps} jumps through the log`,
  );
  const missed = rows.filter(([, middle]) => Number(middle) > WITHIN_MS).map(([what]) => String(what));
  if (growth > MEMORY_GROWTH) missed.push(`memory grew by ${mebibytes(growth)} MiB`);
  if (missed.length > 0) {
    progress(`Missed: ${missed.join('; ')}`);
    process.exitCode = 1;
  }
} finally {
  await browser.close();
  await edge.stop();
  logs.close();
}

function summary(times: readonly number[]): [number, number] {
  return [round(median(times)), round(Math.max(...times))];
}

function mebibytes(bytes: number): number {
  return round(bytes / 1024 ** 2);
}
