/** One run: an instance, real runners, the deployments and faults of a seed, and the checker's result. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Deployment, hasEnded } from '@appflux/protocol';
import { Client, pause } from '../e2e/instance/client.ts';
import { type EdgeInstance, startInstance } from '../e2e/instance/edge.ts';
import { type RunnerProcess, startRunner } from '../e2e/instance/runner.ts';
import { connectEngine } from '../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../runner/src/testing/docker.ts';
import { allDeployments, check } from './checker.ts';
import { Cleanup } from './cleanup.ts';
import { FaultProxy } from './fault-proxy.ts';
import { Faults } from './faults.ts';
import { Flooder } from './flooder.ts';
import { drawKills } from './kill-plan.ts';
import { KillCounts } from './kills.ts';
import { Ledger } from './ledger.ts';
import { Observer } from './observer.ts';
import { drawPlan, type Fault, type Plan, RUNNERS } from './plan.ts';
import { Random } from './random.ts';
import { Repositories } from './repositories.ts';
import { User } from './user.ts';

export interface RunOptions {
  /** How much is to happen: so many deployments under every kind of fault, or so many kills and nothing else. */
  readonly size: { readonly deployments: number } | { readonly kills: number };
  readonly seed: string;
  /** Whether the pool is several objects: as many as there are runners, of which it has none before the first connects. */
  readonly shards?: boolean;
  /** Called with what happens, line by line. */
  readonly say: (line: string) => void;
  /** Aborts the run; everything is cleaned up anyway. */
  readonly signal: AbortSignal;
}

export interface Report {
  /** The violations, one sentence each. */
  readonly faults: readonly string[];
  /** A summary for people. */
  readonly summary: readonly string[];
}

/** Between the return of what was killed and the next kill, in milliseconds, at least. */
const BREATH_MS = 1500;

/** Simultaneous builds of a runner. */
const SLOTS = 2;
/** The share of the deployments that is followed live. */
const FOLLOWED = 0.5;

/**
 * Runs the deployments and faults of a seed against an instance of its own, and has it checked. Ends every process
 * and container that it has started.
 */
export async function runChaos(options: RunOptions): Promise<Report> {
  const cleanup = new Cleanup();
  const outcome = await run(options, cleanup).then(
    (report) => ({ report }),
    (error: unknown) => ({ error }),
  );
  try {
    await cleanup.run();
  } catch (error) {
    // What went wrong first says more.
    if ('report' in outcome) throw error;
  }
  if ('error' in outcome) throw outcome.error;
  return outcome.report;
}

async function run(
  { size, seed, shards = false, say, signal }: RunOptions,
  cleanup: Cleanup,
): Promise<Report> {
  const plan = 'kills' in size ? drawKills(size.kills, seed) : drawPlan(size.deployments, seed);
  const random = new Random(seed);
  await ensureWebImage(connectEngine());
  const proxy = cleanup.add(await FaultProxy.start(random.fork('proxy')), (it) => it.close());
  const variables = shards ? { RUNNERS_PER_SHARD: '1' } : {};
  const edge = cleanup.add(await startInstance({ reachedAt: behind(proxy), variables }), (it) => it.stop());
  const repositories = cleanup.add(await Repositories.start(), (it) => it.close());
  const runners: RunnerProcess[] = [];
  for (let n = 1; n <= RUNNERS; n += 1)
    runners.push(cleanup.add(await startRunner(edge, { name: `runner-${n}`, slots: SLOTS }), removeRunner));
  const client = new Client(edge);
  const ledger = new Ledger();
  const user = await User.create(client, ledger, repositories);
  const observer = cleanup.add(new Observer(client, ledger), (it) => it.stop());
  const observing = observer.run();

  say(`${RUNNERS} runners are online; ${plan.steps.length} steps and ${plan.faults.length} faults start`);
  const startedAt = performance.now();
  const clock = () => ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6);
  const kills = new KillCounts();
  const faults = new Faults({ edge, runners, proxy, flooder: await Flooder.create(client), ledger });
  const followed = random.fork('followed');
  const steps = plan.steps.map((step) => ({
    at: step.at,
    act: async () => {
      const id = await user.take(step);
      if (id !== null) observer.watch(id, followed.chance(FOLLOWED));
      say(`${clock()}  ${step.type} ${id ?? ''}`);
    },
  }));
  /** Kills a process, when it is back if it is away. Resolves when it is back again. */
  const untilKilled = async (fault: Fault) => {
    for (;;) {
      const { doing } = ledger;
      if (await faults.commit(fault)) return kills.add(fault.type, doing);
      signal.throwIfAborted();
      await pause(200);
    }
  };
  /** One kill after the other, each at its time or soon after everything is back. */
  const kill = async () => {
    for (const fault of plan.faults) {
      await sleep(Math.max(BREATH_MS, startedAt + fault.at - performance.now()), undefined, { signal });
      const { type, at: _, ...how } = fault;
      say(`${clock()}  ! ${type} ${JSON.stringify(how)}`);
      await untilKilled(fault);
    }
  };
  const incidents = plan.faults.map((fault) => ({
    at: fault.at,
    act: async () => {
      const { type, at: _, ...how } = fault;
      say(`${clock()}  ! ${type} ${JSON.stringify(how)}`);
      if (!(await faults.commit(fault))) say(`${clock()}    ${type}: away already`);
    },
  }));
  const disturbances = 'kills' in size ? [{ at: 0, act: kill }] : incidents;
  await onTime([...steps, ...disturbances], startedAt, signal);
  proxy.heal();
  say(`${clock()}  all steps and faults done; waiting for ${observer.open.length} deployments`);
  await ended(plan, startedAt, { client, ledger, observer, signal });
  await observer.stop();
  await observing;
  say(`${clock()}  checking`);
  const verdict = await check({ edge, client, runners, ledger, superseding: user.superseding });
  const kept =
    verdict.faults.length > 0
      ? [`The logs are in ${await keepLogs(edge, runners, verdict.deployments)}`]
      : [];
  const statuses = verdict.deployments.map(({ status }) => status);
  const hits = [...proxy.hits].map(([what, times]) => `${times} ${what}`).sort();
  return {
    faults: verdict.faults,
    summary: [
      `${statuses.length} deployments in ${clock().trim()} s: ${countEach(statuses)}`,
      `attempts: ${countEach(verdict.deployments.map(({ attempt }) => `${attempt}`))}`,
      ...('kills' in size ? [...kills.lines(), keptLine(ledger)] : []),
      `faults: ${countEach(plan.faults.map(({ type }) => type))}`,
      `hits: ${hits.join(', ')}`,
      `logs followed live: ${ledger.followed.length}, over ${ledger.followed.reduce((sum, { connections }) => sum + connections, 0)} connections`,
      ...kept,
    ],
  };
}

/** The edge is reached through the proxy, which gets the real port. */
const behind = (proxy: FaultProxy) => (port: number) => {
  proxy.target = port;
  return proxy.url;
};

interface Watching {
  readonly client: Client;
  readonly ledger: Ledger;
  readonly observer: Observer;
  readonly signal: AbortSignal;
}

/** Runs each item at its time after `startedAt`. If one fails, items that have not started never do. */
async function onTime(
  things: readonly { readonly at: number; readonly act: () => Promise<void> }[],
  startedAt: number,
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const going = AbortSignal.any([signal, failed.signal]);
  const done = things.map(async ({ at, act }) => {
    await sleep(Math.max(0, startedAt + at - performance.now()), undefined, { signal: going });
    await act();
  });
  await Promise.all(done).catch(async (error: unknown) => {
    failed.abort(error);
    await Promise.allSettled(done);
    throw error;
  });
}

/** Waits until every deployment has ended, including those whose request got no answer, or until the timeout. */
async function ended(
  plan: Plan,
  startedAt: number,
  { client, ledger, observer, signal }: Watching,
): Promise<void> {
  const isOver = () => performance.now() - startedAt > plan.deadlineMs;
  while (!isOver()) {
    signal.throwIfAborted();
    if (observer.open.length === 0) {
      const late = (await allDeployments(client, ledger)).filter(({ status }) => !hasEnded(status));
      if (late.length === 0) return;
      for (const { id } of late) observer.watch(id, false);
    }
    await pause(200);
  }
}

/** Stops a runner, and removes what it could not: it may be down at this moment. */
async function removeRunner(runner: RunnerProcess): Promise<void> {
  await runner.stop();
  const engine = connectEngine();
  const { containers } = await runner.leftovers();
  for (const id of containers) await engine.getContainer(id).remove({ force: true, v: true });
}

async function keepLogs(
  edge: EdgeInstance,
  runners: readonly RunnerProcess[],
  deployments: readonly Deployment[],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-chaos-logs-'));
  await writeFile(join(folder, 'edge.log'), await edge.output());
  await writeFile(join(folder, 'deployments.json'), JSON.stringify(deployments, null, 2));
  for (const runner of runners) await writeFile(join(folder, `${runner.name}.log`), await runner.output());
  return folder;
}

function keptLine({ kept }: Ledger): string {
  const lines = kept.reduce((sum, { texts }) => sum + texts.length, 0);
  return `killed runners had ${lines} lines of ${kept.length} attempts on disk`;
}

function countEach(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
}
