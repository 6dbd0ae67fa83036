import { describe, expect, it } from 'vitest';
import { JobQueue } from './job-queue.ts';
import { TeamBuilds } from './limits.ts';
import type { OnlineRunner } from './online-runner.ts';
import { Roster } from './roster.ts';
import { job, runner } from './testing/samples.ts';
import type { WaitingJob } from './waiting-job.ts';
import { waitingReason } from './waiting-reason.ts';

describe('waitingReason', () => {
  const reason = (
    one: WaitingJob,
    jobs: WaitingJob[],
    runners: OnlineRunner[],
    running = new Map<string, number>(),
    team?: TeamBuilds,
  ) => waitingReason(one, JobQueue.of(jobs, running, team), Roster.of(runners));
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

  it('says which limit of the team is reached', () => {
    const team = new TeamBuilds();
    team.limits = { builds: 3, labels: { macos: 1 } };
    const mac = job('j6', { appId: 'mac', labels: ['macos'] });
    const runners = [runner('r', { labels: ['macos'], slots: 9 })];
    const why = (one: WaitingJob) => reason(one, [mine, mac], runners, new Map(), team);
    team.count(['macos'], 1);
    expect(why(mac)).toBe('1 build with the label `macos` is running, and the team’s limit is 1');
    expect(why(mine)).toBeNull();
    team.count([], 1);
    team.count([], 1);
    expect(why(mac)).toBe('3 builds are running, and the team’s limit is 3');
    expect(why(mine)).toBe('3 builds are running, and the team’s limit is 3');
    team.count(['macos'], -1);
    expect([why(mac), why(mine)]).toEqual([null, null]);
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

  it('names a few of many runners', () => {
    const leaving = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => runner(id, { draining: true }));
    expect(reason(mine, [mine], leaving)).toBe('a, b, c, d, e and 2 more are draining');
  });

  it('counts as ahead only what the same runners could build', () => {
    const other = job('j1', { appId: 'other', labels: ['macos'] });
    const same = job('j2', { appId: 'third', labels: ['linux'] });
    const later = job('j9', { appId: 'fourth' });
    const busy = [runner('r', { busy: 1 }), runner('m', { labels: ['macos'], busy: 1, draining: true })];
    expect(reason(mine, [later, other, mine, same], busy)).toBe('The slot of runner r is busy, 1 job ahead');
  });
});
