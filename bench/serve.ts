/**
 * Serving a published site beside nginx with the same bytes: a page that is in memory, an asset with a hash in its name, and
 * a large file. Both are asked in turns by `wrk`, over kept connections.
 *
 *   npm run bench:serve                    5 rounds of 5 seconds, 16 connections, a file of 50 MB
 *   npm run bench:serve -- --rounds 3 --seconds 2
 */
import { randomBytes } from 'node:crypto';
import { startInstance } from '../e2e/instance/edge.ts';
import { sitePublisher } from '../e2e/sites/publisher.ts';
import { numberFlags } from './flags.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { installed } from './serve/installed.ts';
import { startNginx } from './serve/nginx.ts';
import { load } from './serve/wrk.ts';
import { median } from './statistics.ts';

const MB = 1_000_000;

const flags = numberFlags({ rounds: 5, seconds: 5, connections: 16, megabytes: 50 });
const heading = conditions();
await installed(['nginx', 'wrk'], progress);

const PAGE = `<!doctype html><title>Shop</title>${Array.from({ length: 120 }, (_, n) => `<p>Item ${n} costs ${n * 7}.</p>`).join('\n')}`;
const SCRIPT = Array.from(
  { length: 2_000 },
  (_, n) => `export const item${n} = ${(n * 7919) % 10_007};`,
).join('\n');
const FILES = {
  'index.html': PAGE,
  'assets/index-DiwrgTda.js': SCRIPT,
  'video.mp4': randomBytes(flags.megabytes * MB),
};
const CASES = [
  { name: 'page', path: '/', connections: flags.connections, goal: 0.5 },
  { name: 'hashed asset', path: '/assets/index-DiwrgTda.js', connections: flags.connections, goal: 0.5 },
  { name: `file of ${flags.megabytes} MB`, path: '/video.mp4', connections: 2, goal: 0.8 },
];

const edge = await startInstance();
const nginx = await startNginx(FILES);
try {
  progress('publishing');
  const publisher = await sitePublisher(edge, 'shop');
  await publisher.publish(FILES);
  const port = new URL(edge.url).port;
  const servers = [
    { name: 'AppFlux', url: `http://127.0.0.1:${port}`, host: `${publisher.slug}.sites.localhost:${port}` },
    { name: 'nginx', url: nginx.url, host: 'localhost' },
  ];
  const rows: (string | number)[][] = [];
  for (const { name, path, connections, goal } of CASES) {
    const measured = servers.map(() => ({
      rates: [] as number[],
      p99: [] as number[],
      bytes: [] as number[],
    }));
    for (let turn = 0; turn <= flags.rounds; turn += 1) {
      // Each round starts with the other one; the first is not counted.
      const order = turn % 2 === 0 ? [0, 1] : [1, 0];
      for (const index of order) {
        const server = servers[index];
        const into = measured[index];
        if (server === undefined || into === undefined) throw new Error('no such server');
        const { perSecond, p99Ms, bytesPerSecond } = await load(server.url + path, {
          headers: { Host: server.host, 'Accept-Encoding': 'gzip' },
          connections,
          seconds: flags.seconds,
        });
        progress(`${name}, round ${turn}, ${server.name}: ${round(perSecond)}/s, p99 ${round(p99Ms)} ms`);
        if (turn === 0) continue;
        into.rates.push(perSecond);
        into.p99.push(p99Ms);
        into.bytes.push(bytesPerSecond);
      }
    }
    const [ours, theirs] = measured;
    if (ours === undefined || theirs === undefined) throw new Error('nothing was measured');
    const ratios = ours.rates.map((rate, n) => rate / (theirs.rates[n] ?? Number.NaN));
    rows.push([
      name,
      round(median(ours.rates)),
      round(median(theirs.rates)),
      round(median(ratios)),
      goal,
      round(median(ours.p99)),
      round(median(theirs.p99)),
      round(median(ours.bytes) / MB),
    ]);
  }
  print(
    'Serving a site, beside nginx',
    heading,
    table(['what', 'requests/s', 'nginx', 'ratio', 'aim', 'p99 ms', 'nginx', 'MB/s'], rows),
  );
} finally {
  await nginx.stop();
  await edge.stop();
}
