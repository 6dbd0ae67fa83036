import type { BuildLimits } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JobQueue } from './job-queue.ts';
import { TeamBuilds } from './limits.ts';
import { match, type NextPair, nextPair, type Pair } from './match.ts';
import { Roster } from './roster.ts';
import { matchByAll } from './testing/match-by-all.ts';
import { job, runner } from './testing/samples.ts';
import { superseded } from './waiting-job.ts';

const none = new Map<string, number>();

/** A team with these limits, of which builds with these labels run. */
function teamOf(limits: BuildLimits, running: readonly (readonly string[])[]): TeamBuilds {
  const team = new TeamBuilds();
  team.limits = limits;
  for (const labels of running) team.count(labels, 1);
  return team;
}

describe('match', () => {
  it('gives the oldest job of an App to a free runner', () => {
    expect(match([job('j2'), job('j1')], [runner('r')], none)).toEqual([
      { deploymentId: 'j1', runnerId: 'r' },
    ]);
  });

  it('does not let a later job of the same branch overtake one that waits for a label', () => {
    const jobs = [job('j1', { labels: ['macos'] }), job('j2'), job('j3', { branch: 'other' })];
    expect(match(jobs, [runner('r')], none)).toEqual([{ deploymentId: 'j3', runnerId: 'r' }]);
  });

  it('is fair between Apps: the one with fewer running builds goes first', () => {
    const jobs = [job('j1', { concurrency: 9 }), job('j2', { appId: 'quiet' })];
    expect(match(jobs, [runner('r')], new Map([['app', 3]]))).toEqual([
      { deploymentId: 'j2', runnerId: 'r' },
    ]);
  });

  it('keeps to an App’s concurrency, counting what it hands out itself', () => {
    const jobs = [1, 2, 3].map((n) => job(`j${n}`, { branch: `b${n}`, concurrency: 2 }));
    expect(match(jobs, [runner('r', { slots: 5 })], none)).toHaveLength(2);
  });

  it('keeps to the team’s limits, of all builds and of those with a label', () => {
    const jobs = [1, 2, 3, 4, 5].map((n) =>
      job(`j${n}`, { appId: `app${n}`, labels: n < 4 ? ['macos'] : [] }),
    );
    const runners = [runner('r', { labels: ['macos'], slots: 9 })];
    const paired = (limits: BuildLimits, running: string[][] = []) =>
      match(jobs, runners, none, teamOf(limits, running)).map((pair) => pair.deploymentId);
    expect(paired({ builds: 4, labels: {} })).toEqual(['j1', 'j2', 'j3', 'j4']);
    expect(paired({ builds: null, labels: { macos: 2 } })).toEqual(['j1', 'j2', 'j4', 'j5']);
    expect(paired({ builds: 3, labels: { macos: 1 } }, [['macos']])).toEqual(['j4', 'j5']);
    expect(paired({ builds: 1, labels: { macos: 9 } }, [[]])).toEqual([]);
    // A limit that was lowered below what runs.
    expect(paired({ builds: null, labels: { macos: 1 } }, [['macos'], ['macos']])).toEqual(['j4', 'j5']);
    expect(paired({ builds: null, labels: { constructor: 1 } })).toHaveLength(5);
  });

  it('does not let a later job of the same branch overtake one that waits for a limit', () => {
    const jobs = [job('j1', { labels: ['macos'] }), job('j2'), job('j3', { branch: 'other' })];
    const limits = { builds: null, labels: { macos: 1 } };
    expect(
      match(jobs, [runner('r', { labels: ['macos'], slots: 9 })], none, teamOf(limits, [['macos']])),
    ).toEqual([{ deploymentId: 'j3', runnerId: 'r' }]);
  });

  it('gives nothing to a runner that lacks disk space', () => {
    const disk = { freeBytes: 1, totalBytes: 9, minFreeBytes: 2, low: true };
    const others = [runner('r', { disk, slots: 9 }), runner('s', { disk: { ...disk, low: false } })];
    expect(match([job('j1')], others.slice(0, 1), none)).toEqual([]);
    expect(match([job('j1')], others, none)).toEqual([{ deploymentId: 'j1', runnerId: 's' }]);
  });

  it('fills the roomiest runner first and gives a draining one nothing', () => {
    const jobs = [job('j1'), job('j2', { appId: 'b' }), job('j3', { appId: 'c' })];
    const runners = [
      runner('small'),
      runner('large', { slots: 2 }),
      runner('leaving', { slots: 9, draining: true }),
    ];
    expect(match(jobs, runners, none).map((pair) => pair.runnerId)).toEqual(['large', 'small', 'large']);
  });

  it('gives a runner without a sandbox only what asks for one of its labels that say so', () => {
    const mac = runner('mac', { executor: 'host', labels: ['macos', 'arm64'], slots: 9 });
    const jobs = [
      job('j1', { appId: 'a' }),
      job('j2', { appId: 'b', labels: ['arm64'] }),
      job('j3', { appId: 'c', labels: ['macos'] }),
      job('j4', { appId: 'd', labels: ['arm64', 'macos'] }),
      job('j5', { appId: 'e', labels: ['host'] }),
    ];
    expect(match(jobs, [mac], none).map((pair) => pair.deploymentId)).toEqual(['j3', 'j4']);
    expect(match(jobs, [{ ...mac, executor: 'docker' }], none)).toHaveLength(4);
  });

  it('gives a runner without a sandbox no stranger’s code, whatever the App asks for', () => {
    const mac = runner('mac', { executor: 'host', labels: ['macos'], slots: 9 });
    const jobs = [
      job('j1', { appId: 'a', labels: ['macos'], isUntrusted: true }),
      job('j2', { appId: 'b', labels: ['macos'] }),
    ];
    expect(match(jobs, [mac], none).map((pair) => pair.deploymentId)).toEqual(['j2']);
    expect(match(jobs, [{ ...mac, executor: 'docker' }], none)).toHaveLength(2);
  });

  it('never overbooks, never pairs twice, and leaves nothing that could run', () => {
    const someJobs = fc.array(
      fc.record({
        app: fc.integer({ min: 0, max: 4 }),
        branch: fc.constantFrom('main', 'dev', null),
        labels: fc.subarray(['linux', 'macos', 'gpu', 'host']),
        concurrency: fc.integer({ min: 1, max: 3 }),
      }),
      { maxLength: 30 },
    );
    const someRunners = fc.array(
      fc.record({
        labels: fc.subarray(['linux', 'macos', 'gpu', 'host']),
        executor: fc.constantFrom('docker' as const, 'host' as const, undefined),
        slots: fc.integer({ min: 1, max: 4 }),
        busy: fc.integer({ min: 0, max: 4 }),
        draining: fc.boolean(),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(someJobs, someRunners, (jobShapes, runnerShapes) => {
        const jobs = jobShapes.map(({ app, ...shape }, n) =>
          job(`j${n}`, { ...shape, appId: `app${app}`, createdAt: n }),
        );
        const runners = runnerShapes.map((shape, n) => runner(`r${n}`, shape));
        const pairs = match(jobs, runners, none);
        expect(new Set(pairs.map((pair) => pair.deploymentId)).size).toBe(pairs.length);
        for (const one of runners) {
          const given = pairs.filter((pair) => pair.runnerId === one.id).length;
          expect(given).toBeLessThanOrEqual(one.draining ? 0 : Math.max(0, one.slots - one.busy));
        }
        for (const { deploymentId, runnerId } of pairs) {
          const labels = jobs.find((one) => one.deploymentId === deploymentId)?.labels ?? [];
          expect(runners.find((one) => one.id === runnerId)?.labels).toEqual(
            expect.arrayContaining([...labels]),
          );
          const isBare = runners.find((one) => one.id === runnerId)?.executor === 'host';
          if (isBare) expect(labels.some((label) => label === 'macos' || label === 'host')).toBe(true);
        }
        const left = jobs.filter((one) => !pairs.some((pair) => pair.deploymentId === one.deploymentId));
        const after = runners.map((one) => ({
          ...one,
          busy: one.busy + pairs.filter((pair) => pair.runnerId === one.id).length,
        }));
        const running = new Map<string, number>();
        for (const { deploymentId } of pairs) {
          const appId = jobs.find((one) => one.deploymentId === deploymentId)?.appId ?? '';
          running.set(appId, (running.get(appId) ?? 0) + 1);
        }
        expect(match(left, after, running)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});

const LABELS = ['linux', 'macos', 'gpu', 'host'];

const someJob = fc
  .record({
    n: fc.integer({ min: 0, max: 40 }),
    app: fc.integer({ min: 0, max: 4 }),
    branch: fc.constantFrom('main', 'dev', null),
    environment: fc.constantFrom('production', 'preview'),
    labels: fc.subarray(LABELS),
    concurrency: fc.integer({ min: 1, max: 3 }),
    createdAt: fc.integer({ min: 0, max: 9 }),
    isUntrusted: fc.boolean(),
  })
  .map(({ n, app, ...shape }) => job(`j${n}`, { ...shape, appId: `app${app}` }));

const someRunner = fc
  .record({
    n: fc.integer({ min: 0, max: 9 }),
    labels: fc.subarray(LABELS),
    executor: fc.constantFrom('docker' as const, 'host' as const, undefined),
    slots: fc.integer({ min: 1, max: 4 }),
    busy: fc.integer({ min: 0, max: 4 }),
    draining: fc.boolean(),
    low: fc.boolean(),
  })
  .map(({ n, low, ...shape }) =>
    runner(`r${n}`, { ...shape, disk: { freeBytes: 1, totalBytes: 9, minFreeBytes: 2, low } }),
  );

const someBuilds = fc.dictionary(
  fc.constantFrom('app0', 'app1', 'app2', 'app3'),
  fc.integer({ min: 1, max: 3 }),
);

const someLimits = fc.record({
  builds: fc.option(fc.integer({ min: 1, max: 8 })),
  labels: fc.dictionary(fc.constantFrom(...LABELS), fc.integer({ min: 1, max: 4 })),
});

describe('the pairs are those of looking at all jobs for each', () => {
  it('of any jobs and runners, in the same order', () => {
    const unique = <Item>(item: fc.Arbitrary<Item>, selector: (item: Item) => string, maxLength: number) =>
      fc.uniqueArray(item, { selector, maxLength });
    fc.assert(
      fc.property(
        unique(someJob, ({ deploymentId }) => deploymentId, 30),
        unique(someRunner, ({ id }) => id, 8),
        someBuilds,
        someLimits,
        fc.array(fc.subarray(LABELS), { maxLength: 4 }),
        (jobs, runners, builds, limits, labelled) => {
          const running = new Map(Object.entries(builds));
          expect(match(jobs, runners, running, teamOf(limits, labelled))).toEqual(
            matchByAll(jobs, runners, running, { limits, running: labelled }),
          );
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('after jobs, runners and builds have come and gone in any order', () => {
    const change = fc.oneof(
      fc.record({ what: fc.constant('add' as const), job: someJob }),
      fc.record({ what: fc.constant('remove' as const), job: someJob }),
      fc.record({ what: fc.constant('hold' as const), job: someJob }),
      fc.record({ what: fc.constant('limit' as const), limits: someLimits }),
      fc.record({ what: fc.constant('set' as const), runner: someRunner }),
      fc.record({ what: fc.constant('delete' as const), runner: someRunner }),
      fc.record({
        what: fc.constantFrom('begin' as const, 'end' as const),
        app: fc.integer({ max: 4, min: 0 }),
        labels: fc.subarray(LABELS),
      }),
      fc.record({ what: fc.constant('hand out' as const) }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 120, size: 'max' }), (changes) => {
        const queue = new JobQueue();
        const roster = new Roster();
        const jobs = new Map<string, ReturnType<typeof job>>();
        const held = new Set<string>();
        const runners = new Map<string, ReturnType<typeof runner>>();
        const running = new Map<string, number>();
        const builds: { appId: string; labels: readonly string[] }[] = [];
        const begin = (build: { appId: string; labels: readonly string[] }) => {
          queue.count(build, 1);
          builds.push(build);
          running.set(build.appId, (running.get(build.appId) ?? 0) + 1);
        };
        const handOut = ({ deploymentId, runnerId, appId, labels }: NextPair) => {
          queue.remove(deploymentId);
          roster.take(runnerId);
          jobs.delete(deploymentId);
          begin({ appId, labels });
          const given = runners.get(runnerId);
          if (given !== undefined) runners.set(runnerId, { ...given, busy: given.busy + 1 });
        };
        const expected = () =>
          matchByAll(
            [...jobs.values()].filter(({ deploymentId }) => !held.has(deploymentId)),
            [...runners.values()],
            running,
            { limits: queue.team.limits, running: builds.map(({ labels }) => labels) },
          );
        for (const one of changes) {
          if (one.what === 'add') {
            queue.add(one.job);
            if (!jobs.has(one.job.deploymentId)) jobs.set(one.job.deploymentId, one.job);
          } else if (one.what === 'remove') {
            expect(queue.remove(one.job.deploymentId)).toBe(jobs.delete(one.job.deploymentId));
          } else if (one.what === 'hold') {
            const { deploymentId } = one.job;
            if (held.delete(deploymentId)) queue.release(deploymentId);
            else {
              held.add(deploymentId);
              queue.hold(deploymentId);
            }
          } else if (one.what === 'set') {
            roster.set(one.runner);
            runners.set(one.runner.id, one.runner);
          } else if (one.what === 'delete') {
            roster.delete(one.runner.id);
            runners.delete(one.runner.id);
          } else if (one.what === 'hand out') {
            const next = nextPair(queue, roster);
            const [first] = expected();
            expect(
              next === null ? undefined : { deploymentId: next.deploymentId, runnerId: next.runnerId },
            ).toEqual(first);
            if (next !== null) handOut(next);
          } else if (one.what === 'limit') {
            queue.team.limits = one.limits;
          } else if (one.what === 'begin') {
            begin({ appId: `app${one.app}`, labels: one.labels });
          } else {
            const at = builds.findIndex(({ appId }) => appId === `app${one.app}`);
            const [ended] = at === -1 ? [] : builds.splice(at, 1);
            if (ended === undefined) continue;
            queue.count(ended, -1);
            running.set(ended.appId, (running.get(ended.appId) ?? 0) - 1);
          }
        }
        const left = expected();
        const pairs: Pair[] = [];
        for (let next = nextPair(queue, roster); next !== null; next = nextPair(queue, roster)) {
          pairs.push({ deploymentId: next.deploymentId, runnerId: next.runnerId });
          handOut(next);
        }
        expect(pairs).toEqual(left);
        expect(queue.size).toBe(jobs.size);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('superseded', () => {
  it('names older jobs of the same App, branch and environment', () => {
    const jobs = [
      job('j3'),
      job('j1'),
      job('j2', { branch: 'other' }),
      job('j4', { environment: 'preview' }),
    ];
    expect(superseded(jobs).map(({ job: old, by }) => [old.deploymentId, by.deploymentId])).toEqual([
      ['j1', 'j3'],
    ]);
  });
});
