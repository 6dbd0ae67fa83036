/**
 * A finished log, read from storage: pages at its beginning, middle and end, the whole log as NDJSON and over the
 * live log's WebSocket, and a linked line in the dashboard.
 */
import { fileURLToPath } from 'node:url';
import { launchBrowser } from '../e2e/browser/launch.ts';
import { startInstance } from '../e2e/instance/edge.ts';
import { ensureDashboard } from '../stack/dashboard.ts';
import { SILENT } from '../stack/testing/silent.ts';
import { linkedLines } from './finished-log/page.ts';
import { follow, get } from './finished-log/read.ts';
import { writeFinishedLog } from './finished-log/write.ts';
import { numberFlags } from './flags.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { median } from './statistics.ts';

const flags = numberFlags({ lines: 500_000, linked: 200_000, rounds: 5 });

const under = conditions();
await ensureDashboard(fileURLToPath(new URL('..', import.meta.url)), process.env, SILENT);
const edge = await startInstance();
const browser = await launchBrowser();
try {
  const id = await writeFinishedLog(edge, flags.lines);
  progress(`${flags.lines} lines are archived`);
  const pages = [];
  for (const [name, after] of [
    ['first', 0],
    ['middle', Math.floor(flags.lines / 2)],
    ['last', flags.lines - 100],
  ] as const) {
    const path = `/api/deployments/${id}/logs?after=${after}&limit=100`;
    pages.push([`${name} page of 100`, ...(await rounds(() => get(edge, path)))]);
  }
  pages.push(['outline', ...(await rounds(() => get(edge, `/api/deployments/${id}/logs/outline`)))]);
  pages.push(['whole, as NDJSON', ...(await rounds(() => get(edge, `/api/deployments/${id}/logs.ndjson`)))]);

  const linked = await writeFinishedLog(edge, flags.linked);
  progress(`${flags.linked} lines are archived`);
  const followed = await follow(edge, linked);
  const show = await linkedLines(browser, edge);
  const shown = [];
  for (let turn = 0; turn <= flags.rounds; turn += 1) {
    const line = Math.floor((flags.linked * (turn + 1)) / (flags.rounds + 2));
    const result = await show(linked, line);
    // The first page load warms up the browser.
    if (turn > 0) shown.push(result);
  }
  print(
    `Finished logs: ${flags.lines} lines, ${flags.rounds} rounds`,
    under,
    table(['read', 'ms (median)', 'ms (highest)', 'bytes'], pages),
    `Live log of ${flags.linked} lines: ${round(followed.milliseconds)} ms, ${followed.connections} connections`,
    `Linked line of ${flags.linked} in the dashboard, from the navigation: median ${round(median(shown.map(({ milliseconds }) => milliseconds)))} ms, highest ${round(Math.max(...shown.map(({ milliseconds }) => milliseconds)))} ms; at most ${Math.max(...shown.map(({ requests }) => requests))} requests and ${Math.max(...shown.map(({ bytes }) => bytes))} bytes for the log, ${Math.max(...shown.map(({ sockets }) => sockets))} WebSockets`,
  );
} finally {
  await browser.close();
  await edge.stop();
}

/** Median and highest time of so many rounds after a first one, and the bytes. */
async function rounds(read: () => Promise<{ milliseconds: number; bytes: number }>): Promise<number[]> {
  const { bytes } = await read();
  const times = [];
  for (let turn = 0; turn < flags.rounds; turn += 1) times.push((await read()).milliseconds);
  return [round(median(times)), round(Math.max(...times)), bytes];
}
