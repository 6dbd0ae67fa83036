/** An agent on a fake edge, with steps that a test controls. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plan, RunnerMachine } from '@appflux/protocol';
import { afterEach, expect, vi } from 'vitest';
import { Agent } from '../agent/agent.ts';
import { Capacity, type CapacityOptions } from '../agent/capacity.ts';
import { machineClock } from '../agent/clock.ts';
import type { SocketTiming } from '../agent/reconnecting-socket.ts';
import { Caches } from '../cache/caches.ts';
import { mergeSettings } from '../config/read-settings.ts';
import { containerExecutor } from '../container-executor/index.ts';
import type { DiskWatch } from '../disk/watch.ts';
import type { Executor } from '../job/executor.ts';
import type { Steps } from '../job/pipeline.ts';
import type { StepsInput } from '../job/steps.ts';
import type { Pictures } from '../pictures/pictures.ts';
import { connectEngine } from '../sandbox/engine.ts';
import { Images } from '../sandbox/images.ts';
import { PreparedSandboxes } from '../sandbox/prepared/prepared-sandboxes.ts';
import { keptJournal, NO_SCAN } from './docker.ts';
import { FAKE_CREDENTIAL, FakeEdge } from './fake-edge.ts';

/** Everything a hundred times faster than in production. */
export const FAST: SocketTiming = {
  heartbeatMs: 50,
  deadAfterMs: 300,
  handshakeMs: 1000,
  backoff: { baseMs: 5, capMs: 40 },
};

export const SAMPLE_PLAN: Plan = {
  type: 'web',
  framework: 'vite',
  packageManager: 'npm',
  image: 'appflux/web-builder',
  node: null,
  installCommand: 'npm ci',
  buildCommand: 'npm run build',
  outputs: ['dist'],
  reasons: ['package.json says so.'],
};

/** Steps that do nothing and deliver nothing, with some of them changed. */
export function idleSteps(change: Partial<Steps> = {}): Steps {
  return {
    prepare: async () => ({
      commitHash: 'abc1234',
      commitMessage: 'Fix it',
      branch: 'main',
      root: '/nowhere',
    }),
    scan: async () => undefined,
    detect: async () => ({ plan: SAMPLE_PLAN, version: '1.0.0' }),
    build: async () => undefined,
    collect: async () => [],
    upload: async () => undefined,
    ...change,
  };
}

/** Steps whose collecting gives a file that is never looked at, so that the attempt can succeed. */
export const succeedingSteps = (change: Partial<Steps> = {}): Steps =>
  idleSteps({
    collect: async () => [
      {
        name: 'site.zip',
        path: '/nowhere',
        size: 1,
        sha256: '0'.repeat(64),
        contentType: 'application/zip',
        meta: {},
      },
    ],
    ...change,
  });

export interface TestAgent {
  readonly edge: FakeEdge;
  readonly agent: Agent;
  /** Resolves when the agent has ended. */
  readonly ended: Promise<string>;
  /** Its state folder. */
  readonly state: string;
  /** The runner's own log. */
  readonly journal: string[];
  /** Replaces the agent's clock by one that stands still until it is moved. */
  readonly clock: { move(ms: number): void };
  /** Waits until something holds. */
  until(holds: () => boolean): Promise<void>;
  close(): Promise<void>;
}

export interface TestAgentOptions {
  /** What it is registered for, as far as it knows. */
  readonly slots?: number;
  readonly settings?: CapacityOptions['settings'];
  /** The runner's own settings, besides its state folder. */
  readonly runnerSettings?: Readonly<Record<string, unknown>>;
  readonly keep?: NonNullable<CapacityOptions['keep']>;
  readonly steps?: (input: StepsInput) => Steps;
  readonly timing?: SocketTiming;
  readonly disks?: DiskWatch;
  readonly machine?: () => Promise<RunnerMachine>;
  readonly pictures?: Pictures;
  readonly ephemeral?: boolean;
  /** Takes the place of parts of its executor. */
  readonly executor?: Partial<Executor>;
  /** Types of frames that the edge says it accepts. */
  readonly accepts?: string[];
  /** Changes the edge before the agent connects. */
  readonly prepareEdge?: (edge: FakeEdge) => void;
  readonly onIncompatible?: () => void;
}

/** Starts an agent, connected to a fake edge of its own. */
export async function startAgent(options: TestAgentOptions = {}): Promise<TestAgent> {
  const edge = await FakeEdge.start();
  edge.accepts = options.accepts;
  options.prepareEdge?.(edge);
  const state = await mkdtemp(join(tmpdir(), 'appflux-agent-'));
  const { journal, lines } = keptJournal();
  const engine = connectEngine();
  const settings = mergeSettings({ state, ...options.runnerSettings }, {}, {});
  const machine = machineClock();
  let moved = 0;
  const agent = new Agent({
    capacity: new Capacity({
      settings: options.settings ?? {},
      registered: { name: 'test', labels: ['linux'], slots: options.slots ?? 1 },
      journal,
      ...(options.keep === undefined ? {} : { keep: options.keep }),
    }),
    ...(options.disks === undefined ? {} : { disks: options.disks }),
    ...(options.machine === undefined ? {} : { machine: options.machine }),
    ...(options.pictures === undefined ? {} : { pictures: options.pictures }),
    ...(options.ephemeral === undefined ? {} : { ephemeral: options.ephemeral }),
    ...(options.onIncompatible === undefined ? {} : { onIncompatible: options.onIncompatible }),
    host: {
      executor: {
        ...containerExecutor({
          engine,
          caches: new Caches({ state, engine, runnerId: edge.runnerId, journal, maxBytes: 0, keepFree: 0 }),
          images: new Images({ engine, journal, allowed: [], command: undefined }),
          prepared: new PreparedSandboxes({
            engine,
            settings,
            runnerId: edge.runnerId,
            journal,
            namespaces: null,
            most: 0,
          }),
          namespaces: null,
          settings,
          runnerId: edge.runnerId,
          journal,
        }),
        ...options.executor,
      },
      scanner: NO_SCAN,
      settings,
      runnerId: edge.runnerId,
      journal,
      url: edge.url,
      credential: FAKE_CREDENTIAL,
      name: 'test',
      version: '1.2.3',
      clock: () => machine() + moved,
      timing: options.timing ?? FAST,
      logLimits: { batchMs: 5 },
      steps: (_, input) => (options.steps ?? (() => succeedingSteps()))(input),
    },
  });
  const ended = agent.run();
  const until = (holds: () => boolean) =>
    vi.waitFor(
      () => {
        if (!holds()) throw new Error(`It did not come to that.\n${lines.join('')}`);
      },
      { timeout: 10_000, interval: 5 },
    );
  if (options.prepareEdge === undefined)
    await until(() => edge.poolFrames.some(({ type }) => type === 'hello'));
  return {
    edge,
    agent,
    ended,
    state,
    journal: lines,
    until,
    clock: {
      move: (ms) => {
        moved += ms;
      },
    },
    close: async () => {
      agent.stop();
      await ended;
      await edge.close();
      await rm(state, { recursive: true, force: true });
    },
  };
}

/** For the tests of a file: what starts an agent. It is closed after its test, and has to have understood everything. */
export function useAgents(): (options?: TestAgentOptions) => Promise<TestAgent> {
  const open: TestAgent[] = [];
  afterEach(async () => {
    for (const agent of open.splice(0)) {
      await agent.close();
      expect(agent.edge.misunderstood).toEqual([]);
    }
  });
  return async (options = {}) => {
    const agent = await startAgent(options);
    open.push(agent);
    return agent;
  };
}

/** A step that goes on until it is stopped, and how often it was begun. */
export function endless() {
  const state = { begun: 0, stopped: 0 };
  const step = (_: unknown, __: unknown, ctx: { signal: AbortSignal }) => {
    state.begun += 1;
    return new Promise<never>((_, reject) => {
      ctx.signal.addEventListener('abort', () => {
        state.stopped += 1;
        reject(ctx.signal.reason);
      });
    });
  };
  return { state, step };
}

/** What an agent has said to its pool, by type. */
export const types = ({ edge }: TestAgent): string[] => edge.poolFrames.map(({ type }) => type);
