/**
 * Keeps the process that runs the servers of sites: starts it when it is needed, watches it, and starts it again when it
 * ended. It is part of the edge process, which ends it with itself.
 */
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { Answer, Call } from '../edge/calls.ts';
import { messageOf } from '../problem.ts';
import { restartDelay } from '../supervise.ts';
import type { RunningWorkerd } from '../workerd/run.ts';
import { type EndReason, type ServersConfig, type ServersRun, socketPaths } from './config.ts';
import { holdSocket } from './on-demand.ts';
import { ping } from './ping.ts';
import { startServers } from './process.ts';
import { connectionsOf, offerToKernel, usageOf } from './usage.ts';
import { UNSEEN, watch } from './watchdog.ts';

/** How often the process is asked whether it answers, and looked at, in milliseconds. */
const LOOK_EVERY_MS = 250;

/** From when on an answer is late, in milliseconds. */
const LATE_MS = 1_000;

/** The wait before a start after one that ran, and how long it must have run for so short a wait. */
const RESTART_MS = 50;
const RAN_MS = 1_000;

/** How long a caller waits for a process that answers again. */
const UP_WITHIN_MS = 15_000;

export interface Servers {
  /**
   * Answers the control plane's questions about the process, as a binding of it, with a ServersRun: immediately; `?after=RUN`
   * when a later process runs; `&or=answers` also when the present one answers.
   */
  service(call: Pick<Call, 'url'>): Promise<Answer>;
  /** Which process runs now. */
  current(): ServersRun & { readonly pid: number | null };
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts the process when the control plane first connects to it, and keeps it running from then on. Resolves when it can
 * connect.
 */
export async function keepServers(
  config: z.output<typeof ServersConfig>,
  log: (level: string, message: string) => void,
  start: typeof startServers = startServers,
): Promise<Servers> {
  const stopping = new AbortController();
  let state: ServersRun = { run: 0, startedAt: 0, isUp: false, previous: null };
  let running: RunningWorkerd | null = null;
  let changed = Promise.withResolvers<void>();
  const change = (next: Partial<ServersRun>) => {
    state = { ...state, ...next };
    changed.resolve();
    changed = Promise.withResolvers();
  };

  const runOnce = async (onUp: () => void): Promise<{ reason: EndReason; forMs: number }> => {
    const process = await start(config);
    const from = performance.now();
    running = process;
    if (stopping.signal.aborted) process.kill();
    await offerToKernel(process.pid);
    change({ run: state.run + 1, startedAt: Date.now(), isUp: true });
    onUp();
    const reason = await watched(process, config, (sentence) => {
      // An end that was asked for is nothing to report.
      if (!stopping.signal.aborted) log('warn', sentence);
    });
    running = null;
    change({ isUp: false, previous: { run: state.run, endedAt: Date.now(), reason } });
    return { reason, forMs: performance.now() - from };
  };

  const { host } = socketPaths(config.sockets);
  await mkdir(config.sockets, { recursive: true, mode: 0o700 });
  const held = await holdSocket(host);
  const aborted = once(stopping.signal, 'abort');
  const keep = async () => {
    await Promise.race([held.asked, aborted]);
    let failures = 0;
    while (!stopping.signal.aborted) {
      let wait = RESTART_MS;
      try {
        const { reason, forMs } = await runOnce(held.handOver);
        if (stopping.signal.aborted) return;
        failures = forMs < RAN_MS ? failures + 1 : 0;
        wait = failures === 0 ? RESTART_MS : restartDelay(failures);
        log('warn', `servers of sites: the process ended (${reason}); starting it again`);
      } catch (error) {
        failures += 1;
        wait = restartDelay(failures);
        log('error', `servers of sites: ${messageOf(error)}; trying again in ${wait / 1000} s`);
      }
      await sleep(wait, undefined, { signal: stopping.signal }).catch(() => {
        // Aborted: the loop's condition ends it.
      });
    }
  };
  const kept = keep();

  /** Waits until the run after `run` has begun, or the time is over. */
  const untilAfter = async (run: number) => {
    const deadline = AbortSignal.timeout(UP_WITHIN_MS);
    while (!(state.isUp && state.run > run) && !deadline.aborted && !stopping.signal.aborted) {
      await Promise.race([changed.promise, sleep(UP_WITHIN_MS, undefined, { ref: false })]);
    }
  };

  return {
    async service({ url: { searchParams } }) {
      const after = searchParams.get('after');
      if (after !== null) {
        const next = untilAfter(Number(after));
        // One that ends meanwhile answers no more: then the next one counts.
        const answers = () => ping(host).catch(() => next);
        await (searchParams.get('or') === 'answers' ? Promise.race([next, answers()]) : next);
      }
      return { status: 200, json: state };
    },
    current: () => ({ ...state, pid: running?.pid ?? null }),
    async stop(graceMs) {
      stopping.abort();
      held.close();
      changed.resolve();
      await running?.stop(graceMs);
      await kept;
    },
  };
}

/** Watches a process until it has ended, and ends it where that has to be. @returns why it ended */
async function watched(
  process: RunningWorkerd,
  config: z.output<typeof ServersConfig>,
  say: (sentence: string) => void,
): Promise<EndReason> {
  const { host, starting } = socketPaths(config.sockets);
  let reason: EndReason = 'crash';
  let ended = false;
  let seen = UNSEEN;
  let askedAt: number | null = null;
  const ask = () => {
    if (askedAt !== null) return;
    askedAt = performance.now();
    ping(host).then(
      () => {
        askedAt = null;
      },
      // It has ended, or is about to be: the next look tells.
      () => {
        askedAt = null;
      },
    );
  };
  const look = async () => {
    while (!ended) {
      const usage = await usageOf(process.pid);
      if (usage === null) return;
      const at = performance.now();
      // Counting takes a look at every socket of the machine: only where it may matter. The kernel knows it by its first name.
      const isLate = askedAt !== null && at - askedAt > LATE_MS;
      // Of those, one is the watchdog's question.
      const connections = isLate ? Math.max((await connectionsOf(starting)) - 1, 0) : 0;
      const next = watch(seen, { ...usage, at, askedAt, connections }, config.memoryBytes);
      seen = next.watch;
      if (next.reason !== null && !ended) {
        reason = next.reason;
        const memory = `${Math.round(usage.memoryBytes / 1024 ** 2)} MB`;
        say(
          reason === 'memory'
            ? `servers of sites: the process has ${memory}, more than APPFLUX_SERVERS_MEMORY; ending it`
            : 'servers of sites: the process does not answer; ending it',
        );
        process.kill();
        return;
      }
      ask();
      await Promise.race([process.ended, sleep(LOOK_EVERY_MS, undefined, { ref: false })]);
    }
  };
  const looking = look();
  const ending = await process.ended;
  ended = true;
  await looking;
  if (reason === 'crash') say(`servers of sites: the process ended by itself (${ending})`);
  return reason;
}
