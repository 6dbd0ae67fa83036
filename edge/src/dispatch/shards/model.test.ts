/**
 * A pool of several objects under random offers, ends, cancels, connections, splits, merges and crashes, against what must hold
 * whatever happens: every deployment is built, by one runner, within its App's limit; without crashes in order, too.
 */
import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DeploymentObject } from '../../deployment/object.ts';
import { newObjectId } from '../../metadata/object-id.ts';
import { poolOf } from '../../pools/team-pool.ts';
import { forgetAll } from '../../testing/worker.ts';
import { Holder, Ledger, offerOf, shardStubOf, shardsAreSettled, splitInto } from './testing/fleet.ts';

const APPS = 4;
const RUNNERS = 4;
const MOST_SHARDS = 3;

type Step =
  | { type: 'offer'; app: number }
  | { type: 'end' | 'cut'; runner: number }
  | { type: 'cancel' | 'offerAgain'; nth: number }
  | { type: 'spread'; shards: number }
  | { type: 'crash'; shard: number };

const index = (count: number) => fc.integer({ min: 0, max: count - 1 });
const PEACEFUL = [
  { weight: 6, arbitrary: fc.record({ type: fc.constant('offer' as const), app: index(APPS) }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('end' as const), runner: index(RUNNERS) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cancel' as const), nth: index(20) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('offerAgain' as const), nth: index(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('spread' as const),
      shards: fc.integer({ min: 1, max: MOST_SHARDS }),
    }),
  },
];
const CRASHES = [
  { weight: 2, arbitrary: fc.record({ type: fc.constant('crash' as const), shard: index(MOST_SHARDS) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cut' as const), runner: index(RUNNERS) }) },
];
const steps = (...kinds: readonly { weight: number; arbitrary: fc.Arbitrary<Step> }[]) =>
  fc.array(fc.oneof(...kinds), { minLength: 10, maxLength: 30 });

beforeEach(async () => {
  await forgetAll();
  // An object that is evicted in the middle of a call says so.
  vi.spyOn(console, 'error').mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Runs the steps on a pool of its own, lets everything end, and gives what was noted meanwhile. */
async function run(all: readonly Step[]): Promise<Ledger> {
  const ledger = new Ledger();
  ledger.answerFor(DeploymentObject);
  const { ownerId } = ledger;
  const pool = poolOf(env, ownerId);
  const apps = Array.from({ length: APPS }, (_, n) => ({ id: newObjectId(), concurrency: 1 + (n % 2) }));
  const offers: ReturnType<typeof offerOf>[] = [];
  const holders: Holder[] = [];
  for (let n = 0; n < RUNNERS; n += 1) {
    const holder = await Holder.of(ledger);
    await holder.connect();
    holders.push(holder);
  }
  const take = async (step: Step): Promise<void> => {
    switch (step.type) {
      case 'offer': {
        const app = apps[step.app];
        if (app === undefined) return;
        const offer = offerOf(app.id, { concurrency: app.concurrency, createdAt: offers.length });
        offers.push(offer);
        ledger.add(offer);
        return pool.offer(offer);
      }
      case 'offerAgain': {
        const offer = offers[step.nth];
        // A deployment offers itself as long as nobody has its lease.
        return offer !== undefined && ledger.waits(offer.deploymentId) ? pool.offer(offer) : undefined;
      }
      case 'cancel': {
        const offer = offers[step.nth];
        return offer !== undefined && ledger.waits(offer.deploymentId)
          ? ledger.cancel(offer.deploymentId)
          : undefined;
      }
      case 'end':
        return holders[step.runner]?.end();
      case 'cut':
        return holders[step.runner]?.cut();
      case 'spread':
        // A layout is changed again when the last change is carried out (grow.ts).
        if (await shardsAreSettled(ownerId, MOST_SHARDS)) await splitInto(ownerId, step.shards, MOST_SHARDS);
        return;
      case 'crash': {
        const stub = shardStubOf(ownerId, step.shard);
        // Only one that runs can be evicted.
        await stub.depth();
        return evictDurableObject(stub);
      }
    }
  };
  try {
    for (const step of all) await repeated(() => take(step));
    await expect
      .poll(
        async () => {
          for (const holder of holders) await repeated(() => holder.end());
          return ledger.open;
        },
        { timeout: 60_000 },
      )
      .toEqual([]);
    await expect.poll(() => pool.load(), { timeout: 60_000 }).toEqual({ running: 0, queued: 0 });
  } finally {
    await Promise.all(holders.map((holder) => holder.leave()));
  }
  return ledger;
}

/** A call that an eviction has broken off is repeated, as its callers do. */
async function repeated(call: () => Promise<void> | undefined | void): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await call();
      return;
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
}

test('nothing is lost or built twice, Apps keep their order and limits, however the pool is spread', async () => {
  await fc.assert(
    fc.asyncProperty(steps(...PEACEFUL), async (all) => {
      const ledger = await run(all);
      expect(ledger.doubled).toEqual([]);
      expect(ledger.overLimit).toEqual([]);
      expect(ledger.outOfOrder).toEqual([]);
    }),
    // What depends on time as well is not shrunk: fewer steps may need other times.
    { numRuns: 6, endOnFailure: true },
  );
}, 300_000);

test('nothing is lost or built twice while objects crash and connections break off', async () => {
  await fc.assert(
    fc.asyncProperty(steps(...PEACEFUL, ...CRASHES), async (all) => {
      expect((await run(all)).doubled).toEqual([]);
    }),
    // What depends on time as well is not shrunk: fewer steps may need other times.
    { numRuns: 6, endOnFailure: true },
  );
}, 300_000);
