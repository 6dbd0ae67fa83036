/**
 * What the three kinds of sockets may send (docs/limits.md). Each frame costs units, by what it makes the control plane
 * do, and its bytes. All of it is far above what an honest program sends: the comments say by how much.
 */
import type { RunnerToDeployment, RunnerToPool } from '@appflux/protocol';
import type { Allowance } from './budget.ts';

/** What the frames of one sender may use. */
export interface SocketAllowance {
  readonly units: Allowance;
  /** UTF-16 units of text, or bytes. */
  readonly bytes: Allowance;
  /** Connections. */
  readonly connects: Allowance;
}

const CONNECTS: Allowance = { burst: 30, perSecond: 0.5 };

/**
 * An attempt. The log of a build that prints as fast as it can is 64 MB in about 1,100 batches and 150 `sync`; a quiet
 * one sends 11 frames a second at most, and 26 while someone follows it. 200 artifacts cost 4,000 units, phases, plans
 * and the result 300.
 */
export const ATTEMPT: SocketAllowance = {
  units: { burst: 10_000, perSecond: 200 },
  bytes: { burst: 128_000_000, perSecond: 4_000_000 },
  connects: CONNECTS,
};

/** A runner at its pool: `hello` once per connection, and two frames per build. */
export const POOL: SocketAllowance = {
  units: { burst: 4_000, perSecond: 100 },
  bytes: { burst: 1_000_000, perSecond: 64_000 },
  connects: CONNECTS,
};

/** A viewer: a frame per megabyte that it has read, each for one unit. */
export const VIEWER: SocketAllowance = {
  units: { burst: 400, perSecond: 10 },
  bytes: { burst: 64_000, perSecond: 1_000 },
  connects: CONNECTS,
};

/** The largest frame that a runner sends to its pool: `hello` with all that it may hold. */
export const MAX_POOL_FRAME_BYTES = 64 * 1024;

/** A large file has about so many parts, a smaller one parts of so many bytes (storage/presigner.ts). */
const MOST_PARTS = 100;
const PART_BYTES = 8 * 1024 * 1024;

type Costs<Frame extends { type: string }> = {
  readonly [Type in Frame['type']]: (frame: Extract<Frame, { type: Type }>) => number;
};

/** Units per frame. A new kind of frame does not compile until it has a price. */
const ATTEMPT_COSTS: Costs<RunnerToDeployment> = {
  lines: () => 1,
  // Writes a row.
  sync: () => 2,
  // Each of these writes the state, and tells viewers or metadata.
  phase: () => 25,
  source: () => 25,
  plan: () => 50,
  finish: () => 50,
  // Calls storage, and signs an address per part.
  upload: ({ size }) => 10 + Math.ceil(Math.min(MOST_PARTS, size / PART_BYTES) / 2),
  uploaded: ({ parts }) => 10 + Math.ceil(parts.length / 50),
  // Asks the app's object, and signs a URL.
  site_base: () => 20,
  // Writes the state.
  details: () => 25,
  budgets: () => 25,
};

const POOL_COSTS: Costs<RunnerToPool> = {
  // Writes to metadata and pairs all jobs again.
  hello: () => 50,
  accepted: () => 5,
  freed: () => 10,
  // Pairs all jobs again.
  disk: () => 10,
  machine: () => 5,
  // Looks for a picture to be taken.
  pictures: () => 10,
  // Gives out the looks that wait.
  features: () => 10,
  leaving: () => 5,
  // Writes a row.
  looked: () => 10,
};

function costIn<Frame extends { type: string }>(costs: Costs<Frame>, frame: Frame): number {
  const cost: (frame: never) => number = costs[frame.type as Frame['type']];
  return cost(frame as never);
}

export const attemptCost = (frame: RunnerToDeployment): number => costIn(ATTEMPT_COSTS, frame);
export const poolCost = (frame: RunnerToPool): number => costIn(POOL_COSTS, frame);
