/**
 * The jobs that wait in a pool, sorted so that the next one to be handed out is found without looking at the others. In
 * memory: jobs.ts keeps the same in SQLite.
 *
 * The jobs of an App, branch and environment are a line, and only the first of a line can be next. Heads of lines that
 * need the same of a runner, and belong to Apps with the same limit, are in one group; a group has its Apps by turn. Jobs that
 * another shard has lent have groups of their own.
 */
import { TeamBuilds } from './limits.ts';
import { SortedList } from './sorted-list.ts';
import { type Demand, lineOf, older, type Running, type WaitingJob } from './waiting-job.ts';

/** A job with its place. What many jobs have in common is one object, because a hundred thousand may wait. */
export interface QueuedJob extends Pick<WaitingJob, 'deploymentId' | 'createdAt'> {
  readonly line: Line;
  readonly group: Group;
  /** Whether a newer job of its line makes it pointless. */
  readonly supersede: boolean;
}

/** A job, and what else the queue knows of how it was offered (jobs.ts). */
type QueuedOffer = WaitingJob & { supersede?: boolean; isGuest?: boolean };

interface Line extends Pick<WaitingJob, 'branch' | 'environment'> {
  readonly key: string;
  readonly app: App;
  readonly jobs: SortedList<QueuedJob>;
  /** The oldest that is not held. */
  head: QueuedJob | undefined;
}

interface App {
  readonly id: string;
  running: number;
  readonly lines: Set<Line>;
  /** The heads of its lines by group, oldest first, and its turn there. */
  readonly heads: Map<Group, { readonly jobs: SortedList<QueuedJob>; turn: Turn | null }>;
}

/** Jobs that need the same of a runner. */
interface Need {
  readonly key: string;
  readonly demand: Demand;
  /** All that wait, held ones among them. */
  readonly jobs: SortedList<QueuedJob>;
}

interface Group {
  readonly key: string;
  readonly need: Need;
  readonly isGuest: boolean;
  readonly concurrency: number;
  /** The Apps that may have another build, in the order of their turns. */
  readonly turns: SortedList<Turn>;
  size: number;
}

interface Turn {
  readonly running: number;
  readonly head: QueuedJob;
}

const inTurn = (a: Turn, b: Turn): number => a.running - b.running || older(a.head, b.head);

export class JobQueue {
  /** All that run, and the team's limits for them. */
  readonly team: TeamBuilds;
  readonly #jobs = new Map<string, QueuedJob>();
  readonly #lines = new Map<string, Line>();
  readonly #apps = new Map<string, App>();
  readonly #needs = new Map<string, Need>();
  readonly #groups = new Map<string, Group>();
  /** How many reasons there are to hold a deployment, whether or not it waits here. */
  readonly #holds = new Map<string, number>();
  /** How many jobs of a line are on their way elsewhere, by its key. */
  readonly #shut = new Map<string, number>();

  constructor(team = new TeamBuilds()) {
    this.team = team;
  }

  /** `running` are the builds of each App, `team` those of all together. */
  static of(jobs: Iterable<WaitingJob>, running: Running, team = new TeamBuilds()): JobQueue {
    const queue = new JobQueue(team);
    for (const [appId, builds] of running) queue.countApp(appId, builds);
    for (const job of jobs) queue.add(job);
    return queue;
  }

  get size(): number {
    return this.#jobs.size;
  }

  has(deploymentId: string): boolean {
    return this.#jobs.has(deploymentId);
  }

  /** Adds a job. One that waits already keeps its place. */
  add({ supersede = false, isGuest = false, ...job }: QueuedOffer): void {
    const { deploymentId, createdAt } = job;
    if (this.#jobs.has(deploymentId)) return;
    const queued = {
      deploymentId,
      createdAt,
      supersede,
      line: this.#lineOf(job),
      group: this.#groupOf(job, isGuest),
    };
    this.#jobs.set(deploymentId, queued);
    queued.group.size += 1;
    queued.group.need.jobs.add(queued);
    queued.line.jobs.add(queued);
    this.#reseat(queued.line);
  }

  /** Removes a job. False when it does not wait. */
  remove(deploymentId: string): boolean {
    const job = this.#jobs.get(deploymentId);
    if (job === undefined) return false;
    const { line, group } = job;
    this.#jobs.delete(deploymentId);
    line.jobs.delete(job);
    this.#reseat(line);
    if (line.jobs.size === 0) {
      this.#lines.delete(line.key);
      line.app.lines.delete(line);
      this.#forgetIfIdle(line.app);
    }
    group.need.jobs.delete(job);
    if (group.need.jobs.size === 0) this.#needs.delete(group.need.key);
    group.size -= 1;
    if (group.size === 0) this.#groups.delete(group.key);
    return true;
  }

  /** The job of a deployment that waits; undefined when it does not. */
  find(deploymentId: string): WaitingJob | undefined {
    const job = this.#jobs.get(deploymentId);
    return job === undefined ? undefined : shown(job);
  }

  /** The jobs of an App that a newer one of their line makes pointless. */
  supersedable(appId: string): WaitingJob[] {
    const lines = [...(this.#apps.get(appId)?.lines ?? [])];
    return lines.flatMap(({ jobs }) => [...jobs].filter(({ supersede }) => supersede).map(shown));
  }

  /** A deployment is not handed out until it is released as often as it was held. It keeps its place. */
  hold(deploymentId: string): void {
    this.#holds.set(deploymentId, (this.#holds.get(deploymentId) ?? 0) + 1);
    this.#reseatJob(deploymentId);
  }

  release(deploymentId: string): void {
    const left = (this.#holds.get(deploymentId) ?? 0) - 1;
    if (left > 0) this.#holds.set(deploymentId, left);
    else this.#holds.delete(deploymentId);
    this.#reseatJob(deploymentId);
  }

  isHeld(deploymentId: string): boolean {
    return this.#holds.has(deploymentId);
  }

  /** A job has gone elsewhere: none of its line is next until it is open as often as it was shut. */
  shut(job: Pick<WaitingJob, 'appId' | 'branch' | 'environment'>): void {
    const key = lineOf(job);
    this.#shut.set(key, (this.#shut.get(key) ?? 0) + 1);
    this.#reseatLine(key);
  }

  open(job: Pick<WaitingJob, 'appId' | 'branch' | 'environment'>): void {
    const key = lineOf(job);
    const left = (this.#shut.get(key) ?? 0) - 1;
    if (left > 0) this.#shut.set(key, left);
    else this.#shut.delete(key);
    this.#reseatLine(key);
  }

  /** The Apps of which something waits or runs. */
  apps(): Iterable<string> {
    return this.#apps.keys();
  }

  /** The jobs of an App that wait, oldest first within each line. */
  ofApp(appId: string): string[] {
    const lines = [...(this.#apps.get(appId)?.lines ?? [])];
    return lines.flatMap(({ jobs }) => [...jobs].map(({ deploymentId }) => deploymentId));
  }

  /** A build of an App has begun, or ended. `labels` are those that its job has. */
  count({ appId, labels }: Pick<WaitingJob, 'appId' | 'labels'>, change: 1 | -1): void {
    this.team.count(labels, change);
    this.countApp(appId, change);
  }

  /** A build of an App has begun, or ended, that counts elsewhere as one of the team. */
  countApp(appId: string, change: number): void {
    const app = this.#appOf(appId);
    app.running += change;
    for (const group of app.heads.keys()) this.#takeTurn(app, group);
    this.#forgetIfIdle(app);
  }

  /** How many builds an App has running. */
  running(appId: string): number {
    return this.#apps.get(appId)?.running ?? 0;
  }

  /** How many builds each App has running. */
  builds(): Running {
    return new Map([...this.#apps.values()].map(({ id, running }) => [id, running]));
  }

  /** The jobs that are not held, and whose line is not shut. */
  *free(): Generator<WaitingJob> {
    for (const job of this.#jobs.values())
      if (!this.isHeld(job.deploymentId) && !this.#shut.has(job.line.key)) yield shown(job);
  }

  /**
   * The job that is next of those whose demand has room and is within the team's limits; null if there is none. With
   * `among` only of those that belong here.
   */
  first(
    hasRoom: (demand: Demand) => boolean,
    among: 'all' | 'own' = 'all',
  ): { deploymentId: string; appId: string; demand: Demand } | null {
    let best: Turn | undefined;
    for (const { turns, need, isGuest } of this.#groups.values()) {
      if (isGuest && among === 'own') continue;
      const turn = turns.first;
      if (turn === undefined || (best !== undefined && inTurn(best, turn) < 0)) continue;
      if (this.team.reached(need.demand.labels) === null && hasRoom(need.demand)) best = turn;
    }
    if (best === undefined) return null;
    const { deploymentId, line, group } = best.head;
    return { deploymentId, appId: line.app.id, demand: group.need.demand };
  }

  /** What is needed of runners, by how many jobs, and since when the oldest of them waits (Unix milliseconds). */
  *needs(): Generator<{ demand: Demand; jobs: number; oldestAt: number }> {
    for (const { demand, jobs } of this.#needs.values()) {
      const oldest = jobs.first;
      if (oldest !== undefined) yield { demand, jobs: jobs.size, oldestAt: oldest.createdAt };
    }
  }

  /** What a job that waits needs of a runner. */
  demandOf(deploymentId: string): Demand {
    return this.#jobs.get(deploymentId)?.group.need.demand ?? { labels: [], isUntrusted: false };
  }

  /** The oldest job of the same App, branch and environment, which may be the job itself. */
  oldestOfLine(job: WaitingJob): WaitingJob {
    const oldest = this.#lines.get(lineOf(job))?.jobs.first;
    return oldest === undefined ? job : shown(oldest);
  }

  /** How many older jobs wait whose demand is one of those. */
  countOlder(job: WaitingJob, isOne: (demand: Demand) => boolean): number {
    const itself = this.#jobs.get(job.deploymentId);
    if (itself === undefined) return 0;
    let count = 0;
    for (const { demand, jobs } of this.#needs.values()) {
      if (isOne(demand)) count += jobs.countBefore(itself);
    }
    return count;
  }

  #reseatJob(deploymentId: string): void {
    const job = this.#jobs.get(deploymentId);
    if (job !== undefined) this.#reseat(job.line);
  }

  #reseatLine(key: string): void {
    const line = this.#lines.get(key);
    if (line !== undefined) this.#reseat(line);
  }

  /** Something in a line has changed: another job may be its head. */
  #reseat(line: Line): void {
    const { app, head } = line;
    const next = this.#headOf(line);
    if (next === head) return;
    line.head = next;
    if (head !== undefined) app.heads.get(head.group)?.jobs.delete(head);
    if (next !== undefined) {
      const heads = app.heads.get(next.group) ?? { jobs: new SortedList<QueuedJob>(older), turn: null };
      app.heads.set(next.group, heads);
      heads.jobs.add(next);
    }
    for (const job of [head, next]) if (job !== undefined) this.#takeTurn(app, job.group);
  }

  #headOf({ key, jobs }: Line): QueuedJob | undefined {
    if (this.#shut.has(key)) return undefined;
    for (const job of jobs) if (!this.isHeld(job.deploymentId)) return job;
    return undefined;
  }

  /** Puts an App where it belongs among those of a group. */
  #takeTurn(app: App, group: Group): void {
    const heads = app.heads.get(group);
    if (heads === undefined) return;
    const head = heads.jobs.first;
    const { turn } = heads;
    const isOn = head !== undefined && app.running < group.concurrency;
    if (isOn && turn?.head === head && turn.running === app.running) return;
    if (turn !== null) group.turns.delete(turn);
    heads.turn = isOn ? { running: app.running, head } : null;
    if (heads.turn !== null) group.turns.add(heads.turn);
    if (head === undefined) app.heads.delete(group);
  }

  #appOf(id: string): App {
    const app = this.#apps.get(id) ?? { id, running: 0, lines: new Set(), heads: new Map() };
    this.#apps.set(id, app);
    return app;
  }

  #forgetIfIdle({ id, running, lines }: App): void {
    if (running === 0 && lines.size === 0) this.#apps.delete(id);
  }

  #lineOf(job: WaitingJob): Line {
    const key = lineOf(job);
    const found = this.#lines.get(key);
    if (found !== undefined) return found;
    const { branch, environment } = job;
    const app = this.#appOf(job.appId);
    const line = { key, branch, environment, app, jobs: new SortedList<QueuedJob>(older), head: undefined };
    this.#lines.set(key, line);
    app.lines.add(line);
    return line;
  }

  #groupOf({ labels, isUntrusted = false, concurrency }: WaitingJob, isGuest: boolean): Group {
    const needKey = JSON.stringify([isUntrusted, ...[...labels].sort()]);
    const key = `${isGuest ? 'guest ' : ''}${concurrency} ${needKey}`;
    const found = this.#groups.get(key);
    if (found !== undefined) return found;
    const need = this.#needs.get(needKey) ?? {
      key: needKey,
      demand: { labels, isUntrusted },
      jobs: new SortedList<QueuedJob>(older),
    };
    this.#needs.set(needKey, need);
    const group = { key, need, isGuest, concurrency, turns: new SortedList(inTurn), size: 0 };
    this.#groups.set(key, group);
    return group;
  }
}

function shown({ deploymentId, createdAt, line, group }: QueuedJob): WaitingJob {
  const { branch, environment, app } = line;
  const { labels, isUntrusted } = group.need.demand;
  const { concurrency } = group;
  return { deploymentId, appId: app.id, branch, environment, labels, concurrency, createdAt, isUntrusted };
}
