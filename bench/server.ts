/**
 * Sites with a server, through AppFlux: beside the same Worker run bare by workerd, and beside the framework's own server on
 * Node. The same page is asked for in turns by `wrk`, over kept connections; then cold starts, and memory of many sites.
 *
 *   npm run bench:server                    3 rounds of 5 seconds, 16 connections, 50 sites of which 5 are used
 *   npm run bench:server -- --rounds 1 --seconds 2
 */
import { request } from 'node:http';
import { dirname } from 'node:path';
import { SERVER_FOLDER } from '@appflux/protocol';
import { startInstance } from '../e2e/instance/edge.ts';
import { type SitePublisher, sitePublisher } from '../e2e/sites/publisher.ts';
import { numberFlags } from './flags.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { installed } from './serve/installed.ts';
import { load } from './serve/wrk.ts';
import { startBare, startNode } from './server/others.ts';
import { ownMegabytes, processorMs, workerdOf } from './server/processes.ts';
import { type Project, project } from './server/projects.ts';
import { median } from './statistics.ts';

/** The share of what bare workerd answers, and by how much a cold start may take longer, in milliseconds. */
const AIM = 0.7;
const COLD_AIM_MS = 50;

const flags = numberFlags({ rounds: 3, seconds: 5, connections: 16, cold: 5, sites: 50, used: 5 });
const heading = conditions();
await installed(['wrk'], progress);

/** Text is published compressed, as a runner does. */
const asPublished = (files: Project['modules'], below = '') =>
  Object.fromEntries(
    Object.entries(files).map(([path, content]) => [
      below + path,
      /\.(?:js|mjs|cjs|json|html|css|txt|svg)$/.test(path) ? content.toString() : content,
    ]),
  );

const publishProject = (
  publisher: SitePublisher,
  { spec, modules, assets }: Project,
  environment: 'production' | 'preview',
) =>
  publisher.publish(
    { ...asPublished(assets), ...asPublished(modules, SERVER_FOLDER) },
    {},
    // State would be a difference to what it is compared with.
    { environment, server: { ...spec, crons: [] } },
  );

const edge = await startInstance();
try {
  const { port } = new URL(edge.url);
  const { control, servers } = await workerdOf(dirname(edge.persist));
  const hostOf = (label: string) => `${label}.sites.localhost:${port}`;
  const atRest = ownMegabytes(servers);
  const rates: (string | number)[][] = [];
  const colds: (string | number)[][] = [];
  for (const name of ['hono', 'sveltekit', 'next'] as const) {
    const built = await project(name, progress);
    progress(`publishing ${name}`);
    const publisher = await sitePublisher(edge, name);
    await publishProject(publisher, built, 'production');
    const bare = await startBare(built);
    const node = await startNode(built);
    try {
      const candidates = [
        {
          name: 'AppFlux',
          url: `http://127.0.0.1:${port}`,
          host: hostOf(publisher.slug),
          pids: [control, servers],
        },
        { name: 'workerd', url: bare.url, host: 'localhost', pids: [bare.pid] },
        { name: 'Node', url: node.url, host: 'localhost', pids: [node.pid] },
      ];
      const measured = candidates.map(() => ({
        rate: [] as number[],
        p50: [] as number[],
        p99: [] as number[],
        cpu: candidates[0]?.pids.map(() => [] as number[]) ?? [],
      }));
      for (let turn = 0; turn <= flags.rounds; turn += 1) {
        for (const offset of candidates.keys()) {
          // Each round starts with another one; the first is not counted.
          const index = (turn + offset) % candidates.length;
          const candidate = candidates[index];
          const into = measured[index];
          if (candidate === undefined || into === undefined) throw new Error('no such candidate');
          const before = candidate.pids.map(processorMs);
          const { perSecond, p50Ms, p99Ms } = await load(candidate.url + built.path, {
            headers: { Host: candidate.host },
            connections: flags.connections,
            seconds: flags.seconds,
          });
          const cpu = candidate.pids.map(
            (pid, n) => (processorMs(pid) - (before[n] ?? 0)) / (perSecond * flags.seconds),
          );
          progress(
            `${name}, round ${turn}, ${candidate.name}: ${round(perSecond)}/s, ${cpu.map(round).join(' + ')} ms of processor`,
          );
          if (turn === 0) continue;
          into.rate.push(perSecond);
          into.p50.push(p50Ms);
          into.p99.push(p99Ms);
          for (const [n, ms] of cpu.entries()) into.cpu[n]?.push(ms);
        }
      }
      const [ours, workerd] = measured;
      if (ours === undefined || workerd === undefined) throw new Error('nothing was measured');
      const ratio = median(ours.rate.map((rate, n) => rate / (workerd.rate[n] ?? Number.NaN)));
      for (const [index, { rate, p50, p99, cpu }] of measured.entries())
        rates.push([
          name,
          candidates[index]?.name ?? '',
          ...[rate, p50, p99].map((values) => round(median(values))),
          cpu
            .filter((values) => values.length > 0)
            .map((values) => round(median(values)))
            .join(' + '),
          index === 0 ? `${round(ratio)} (aim ${AIM})` : '',
        ]);
    } finally {
      await bare.stop();
      await node.stop();
    }
    colds.push(await coldStarts(built, publisher));
  }

  print(
    'Sites with a server',
    heading,
    table(['site', 'by', 'requests/s', 'p50 ms', 'p99 ms', 'processor ms', 'of workerd'], rates),
    `Cold start: the first answer of a deployment that was never asked, and of a program that was just started (aim: ${COLD_AIM_MS} ms over workerd)`,
    table(['site', 'AppFlux ms', 'workerd ms', 'over it', 'Node ms'], colds),
    await memoryOfMany(),
  );

  async function coldStarts(built: Project, publisher: SitePublisher): Promise<(string | number)[]> {
    const times = { ours: [] as number[], workerd: [] as number[], node: [] as number[] };
    for (let turn = 0; turn < flags.cold; turn += 1) {
      progress(`${built.name}: cold start ${turn + 1} of ${flags.cold}`);
      const id = await publishProject(publisher, built, 'preview');
      times.ours.push(await timed(hostOf(`${id}--${publisher.slug}`), built.path));
      for (const [start, into] of [
        [startBare, times.workerd],
        [startNode, times.node],
      ] as const) {
        const other = await start(built);
        into.push(other.coldMs);
        await other.stop();
      }
    }
    const [ours, workerd, node] = [times.ours, times.workerd, times.node].map(median);
    return [
      built.name,
      ...[ours, workerd, (ours ?? 0) - (workerd ?? 0), node].map((ms) => round(ms ?? Number.NaN)),
    ];
  }

  /** Memory of the servers' process: at rest, and with deployments of one site, of which few are used. */
  async function memoryOfMany(): Promise<string> {
    const built = await project('sveltekit', progress);
    const publisher = await sitePublisher(edge, 'many');
    const ids: string[] = [];
    for (let index = 0; index < flags.sites; index += 1) {
      progress(`site ${index + 1} of ${flags.sites}`);
      ids.push(await publishProject(publisher, built, 'preview'));
    }
    await edge.crash();
    const { servers: fresh } = await workerdOf(dirname(edge.persist));
    const visit = async (some: readonly string[]) => {
      for (const id of some)
        for (let n = 0; n < 20; n += 1) await timed(hostOf(`${id}--${publisher.slug}`), built.path);
      return round(ownMegabytes(fresh));
    };
    const rows = [
      ['at rest, before any site', round(atRest)],
      [`${flags.sites} sites, none used`, round(ownMegabytes(fresh))],
      [`${flags.sites} sites, ${flags.used} used`, await visit(ids.slice(0, flags.used))],
      [`${flags.sites} sites, all used`, await visit(ids)],
    ];
    return `Memory of the process that runs servers, with deployments of the site of SvelteKit\n\n${table(['', 'MB'], rows)}`;
  }

  /** How long the answer to a request takes, in milliseconds. */
  function timed(host: string, path: string): Promise<number> {
    const from = performance.now();
    return new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path, headers: { Host: host } }, (answer) => {
        answer.resume();
        answer.once('end', () =>
          answer.statusCode === 200
            ? resolve(performance.now() - from)
            : reject(new Error(`${host}${path}: ${answer.statusCode}`)),
        );
      });
      asked.once('error', reject);
      asked.end();
    });
  }
} finally {
  await edge.stop();
}
