import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { match, type OnlineRunner, superseded, type WaitingJob, waitingReason } from './match.ts';

const none = new Map<string, number>();

const job = (id: string, change: Partial<WaitingJob> = {}): WaitingJob => ({
  deploymentId: id,
  appId: 'app',
  branch: 'main',
  environment: 'production',
  labels: [],
  concurrency: 1,
  createdAt: Number(id.replace(/\D/g, '')) || 0,
  ...change,
});

const runner = (id: string, change: Partial<OnlineRunner> = {}): OnlineRunner => ({
  id,
  name: id,
  labels: ['linux'],
  slots: 1,
  busy: 0,
  draining: false,
  ...change,
});

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

describe('waitingReason', () => {
  const reason = (one: WaitingJob, jobs: WaitingJob[], runners: OnlineRunner[], running = none) =>
    waitingReason(one, jobs, runners, running);
  const mine = job('j5');

  it('says that no runner is online', () => {
    expect(reason(mine, [mine], [])).toBe('No runner is online');
  });

  it('names the label that no online runner has', () => {
    const mac = job('j5', { labels: ['macos'] });
    expect(reason(mac, [mac], [runner('r')])).toBe('No online runner has the label `macos`');
  });

  it('says when labels are there but on different runners', () => {
    const both = job('j5', { labels: ['linux', 'gpu'] });
    const runners = [runner('r'), runner('g', { labels: ['gpu'] })];
    expect(reason(both, [both], runners)).toBe('No online runner has all the labels `linux` and `gpu`');
  });

  it('says that the one that is there has no sandbox, and by which label an App may ask for it', () => {
    const mac = runner('mini', { executor: 'host', labels: ['macos'] });
    expect(reason(mine, [mine], [mac])).toBe(
      'mini builds without a sandbox, and this App does not ask for that by the label `macos`',
    );
    const gpu = job('j5', { labels: ['gpu'] });
    expect(reason(gpu, [gpu], [mac])).toBe('No online runner has the label `gpu`');
  });

  it('says that pull requests from forks need a sandbox', () => {
    const mac = runner('mini', { executor: 'host', labels: ['macos'] });
    const fork = job('j5', { labels: ['macos'], isUntrusted: true });
    expect(reason(fork, [fork], [mac])).toBe(
      'mini builds without a sandbox, which pull requests from forks need',
    );
  });

  it('says which slots are busy and how many jobs are ahead', () => {
    const ahead = [1, 2, 3].map((n) => job(`j${n}`, { appId: `other${n}` }));
    const busy = runner('hare', { slots: 2, busy: 2 });
    expect(reason(mine, [...ahead, mine], [busy])).toBe('Both slots of runner hare are busy, 3 jobs ahead');
    expect(reason(mine, [mine], [busy])).toBe('Both slots of runner hare are busy, first in line');
  });

  it('says that the App’s own limit is reached', () => {
    expect(reason(mine, [mine], [runner('r')], new Map([['app', 1]]))).toBe(
      'Another build of this App is running, and its limit is 1',
    );
  });

  it('says that runners lack disk space, and which are draining', () => {
    const disk = { freeBytes: 1.2e9, totalBytes: 50e9, minFreeBytes: 2 * 1024 ** 3, low: true };
    const short = runner('r', { disk });
    const roomy = runner('s', { disk: { ...disk, freeBytes: 9e9, low: false }, busy: 1 });
    expect(reason(mine, [mine], [short])).toBe('r has too little disk space: 1.2 GB free, 2 GiB needed');
    expect(reason(mine, [mine], [short, runner('t', { draining: true })])).toBe(
      't is draining and r has too little disk space: 1.2 GB free, 2 GiB needed',
    );
    expect(reason(mine, [mine], [short, roomy])).toBe('The slot of runner s is busy, first in line');
  });

  it('says that every runner that could take it is draining', () => {
    const leaving = ['r', 's'].map((id) => runner(id, { draining: true }));
    expect(reason(mine, [mine], leaving)).toBe('r and s are draining');
    expect(reason(mine, [mine], leaving.slice(0, 1))).toBe('r is draining');
  });

  it('counts the slots of all runners that could take it', () => {
    const busy = ['r', 's'].map((id) => runner(id, { slots: 2, busy: 2 }));
    expect(reason(mine, [mine], busy)).toBe('All 4 slots of 2 runners are busy, first in line');
  });

  it('says why the older deployment waits that goes first', () => {
    const first = job('j4', { labels: ['macos'] });
    expect(reason(mine, [mine, first], [runner('r')])).toBe(
      'An older deployment of the same branch goes first: No online runner has the label `macos`',
    );
  });

  it('says nothing when it is about to be handed out', () => {
    expect(reason(mine, [mine], [runner('r')])).toBeNull();
    expect(reason(mine, [mine, job('j4')], [runner('r')])).toBeNull();
  });
});
