/** Reads what the operator sees at a glance, in a bounded number of steps (docs/limits.md). What can't be read is null. */
import type { ErrorGroup, Overview, RunnerVersion } from '@appflux/protocol';
import { diskOf } from '../disk/disk.ts';
import type { PoolOverview } from '../dispatch/places.ts';
import type { Env } from '../env.ts';
import { addressStatus } from '../hosts/status.ts';
import { journal } from '../journal.ts';
import { mailSettings } from '../mail/settings.ts';
import { lastDays } from '../metadata/day.ts';
import type { Metadata, RunnerRecord } from '../metadata/metadata.ts';
import type { Unended } from '../metadata/metrics.ts';
import { deadLettersOf } from '../objects/dead-letters.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { attempt as attemptWithin } from '../operations/attempt.ts';
import { type KeptErrors, operationsOf } from '../operations/object.ts';
import { storeErrorsNow } from '../operations/store-errors.ts';
import { outboxOf } from '../outbox/index.ts';
import { poolOf } from '../pools/team-pool.ts';
import { sweepOf } from '../retention/object.ts';
import { storageWorks } from '../storage/index.ts';
import { disksOf, runnerDisks, storageUse, withForecasts } from './disks.ts';
import { failureGroups } from './failures.ts';
import { healthOf } from './health.ts';
import { machineStatus } from './machine.ts';
import { type Place, stuckItems } from './stuck.ts';
import { isOlderVersion } from './versions.ts';

/** Teams whose deployments are checked. */
const MOST_TEAMS = 1_000;
/** Teams whose pool and runners are asked, each by one call and one query. */
const MOST_POOLS = 20;
/** Unended deployments of each state that are checked, the oldest first. */
const MOST_UNENDED = 50;
/** Running deployments whose object is asked, the oldest first. */
const MOST_RUNNING = 20;
/** Failed deployments that are grouped. */
const MOST_FAILED = 1_000;
/** Uploads that are in no hurry: those begun before this many milliseconds ago. */
const UPLOAD_IN_PROGRESS_MS = 24 * 3_600_000;

/** How long a section may take, in milliseconds. */
const ANSWER_WITHIN_MS = 6_000;
const DAY_MS = 86_400_000;

const attempt = <Value>(what: string, ask: () => Promise<Value>): Promise<Value | null> =>
  attemptWithin(`overview: ${what}`, ANSWER_WITHIN_MS, ask);

/** The overview of an instance whose control plane has this version. */
export async function collectOverview(env: Env, metadata: Metadata, version: string): Promise<Overview> {
  const now = Date.now();
  const operations = operationsOf(env);
  await storeErrorsNow(env);
  const teams = await attempt('teams', () => metadata.metrics.teams(MOST_TEAMS + 1));
  const known = teams?.slice(0, MOST_TEAMS) ?? [];
  const [counts, unended, failed, pooled, uploads] =
    teams === null
      ? [null, null, null, null, null]
      : await Promise.all([
          attempt('deployments', () => metadata.metrics.deployments(known, lastDays(1, now))),
          attempt('unended deployments', () => metadata.metrics.unended(known, MOST_UNENDED)),
          attempt('failed deployments', () => metadata.metrics.failed(known, lastDays(2, now), MOST_FAILED)),
          attempt('teams with runners', () => metadata.metrics.runners(known)),
          attempt('uploads', () =>
            metadata.uploads.abandoned(new Date(now - UPLOAD_IN_PROGRESS_MS).toISOString()),
          ),
        ]);
  const [poolFacts, running] = await Promise.all([
    pooled &&
      attempt('pools', () =>
        askPools(
          env,
          metadata,
          pooled.map(({ teamId }) => teamId),
          unended ?? [],
        ),
      ),
    askRunning(env, unended ?? []),
  ]);
  const [
    queue,
    round,
    backup,
    cron,
    samples,
    errors,
    outbox,
    letters,
    addresses,
    machine,
    watched,
    metadataUp,
    storageUp,
  ] = await Promise.all([
    attempt('queue', async () => ({ messages: (await env.DEPLOY_QUEUE.metrics()).backlogCount })),
    attempt('retention', async () => ({ round: await sweepOf(env).round() })),
    attempt('backup', async () => ({ status: await sweepOf(env).backup() })),
    attempt('cron', async () => ({ runs: await operations.cron() })),
    attempt('samples', () => operations.samples()),
    attempt('errors', () => operations.errors(now)),
    attempt('outbox', () => outboxOf(env).unsent()),
    attempt('dead letters', () => deadLettersOf(env).count()),
    attempt('addresses', async () => ({ status: await addressStatus(env, []) })),
    attempt('machine', async () => ({ status: await machineStatus(env) })),
    attempt('disk', async () => ({ disk: await diskOf(env) })),
    attempt('metadata', async () => {
      await metadata.ping();
      return true;
    }),
    attempt('storage', () => storageWorks(env, (error) => journal.error('storage is down', error))),
  ]);
  const status = backup?.status ?? null;
  const online = poolFacts?.flatMap(({ pool }) => pool?.online ?? []) ?? [];
  const disks = machine && [...disksOf(machine.status, watched?.disk ?? null), ...runnerDisks(online)];
  const position = round?.round?.position ?? null;
  return {
    at: new Date(now).toISOString(),
    health: healthOf({
      now,
      metadata: metadataUp === true,
      storage: storageUp === true,
      queue,
      objects: round !== null,
      cron,
      runners: poolFacts && {
        registered: poolFacts.flatMap(({ records }) => records).length,
        online,
      },
      addresses,
      mail: mailSettings(env),
      outbox,
      backup,
      disks,
      watched: watched?.disk ?? null,
    }),
    unended: counts && {
      queued: countOf(counts.unended, 'queued'),
      building: countOf(counts.unended, 'building'),
      canceling: countOf(counts.unended, 'canceling'),
    },
    stuck: {
      items: stuckItems({
        now,
        queued: (unended ?? [])
          .filter((one) => one.status === 'queued')
          .map((one) => ({ ...describe(one), place: placeOf(one, poolFacts) })),
        running,
        away: (poolFacts ?? []).flatMap(awayOf),
        uploads: uploads && {
          count: uploads.length,
          oldestAt: uploads.reduce<number | null>(
            (oldest, { createdAt }) => Math.min(oldest ?? Number.POSITIVE_INFINITY, Date.parse(createdAt)),
            null,
          ),
        },
        deadLetters: letters && {
          count: letters.count,
          oldestAt: letters.oldestAt === null ? null : Date.parse(letters.oldestAt),
        },
        outbox,
        cronSucceededAt: cron?.runs?.succeededAt ?? null,
        roundSince: position === null ? null : (round?.round?.begunAt ?? null),
      }),
      isCut:
        known.length < (teams?.length ?? 0) ||
        (pooled?.length ?? 0) > MOST_POOLS ||
        (counts?.unended ?? []).some(({ count }) => count > MOST_UNENDED),
    },
    disks: disks && withForecasts(disks, samples ?? []),
    storage: samples && { use: storageUse(samples) },
    versions: poolFacts && {
      controlPlane: version,
      node: machine?.status?.versions.node ?? null,
      docker: machine?.status?.versions.docker ?? null,
      stateFormat: machine?.status?.versions.stateFormat ?? null,
      runners: poolFacts.flatMap((facts) => runnerVersions(facts, version)),
    },
    backup: backup && {
      status,
      // A clock that was set back makes no negative age.
      ageSeconds:
        status?.succeededAt == null
          ? null
          : Math.max(0, Math.floor((now - Date.parse(status.succeededAt)) / 1000)),
    },
    errors: errors && errorGroups(errors),
    failures: failed && failureGroups(failed, now - DAY_MS),
  };
}

const errorGroups = (errors: readonly KeptErrors[]): ErrorGroup[] =>
  errors.map(({ firstAt, lastAt, ...group }) => ({
    ...group,
    firstSeenAt: new Date(firstAt).toISOString(),
    lastSeenAt: new Date(lastAt).toISOString(),
  }));

interface PoolFacts {
  teamId: string;
  records: RunnerRecord[];
  /** Null if it could not be asked. */
  pool: PoolOverview | null;
}

/** The pools of teams with runners, and of those with queued deployments. */
async function askPools(
  env: Env,
  metadata: Metadata,
  teams: readonly string[],
  unended: readonly Unended[],
): Promise<PoolFacts[]> {
  const queued = unended.filter(({ status }) => status === 'queued');
  const asked = [...new Set([...teams, ...queued.map(({ teamId }) => teamId)])].slice(0, MOST_POOLS);
  return Promise.all(
    asked.map(async (teamId) => {
      const ids = queued.filter((one) => one.teamId === teamId).map(({ deploymentId }) => deploymentId);
      const [records, pool] = await Promise.all([
        metadata.runners.list(teamId),
        attempt('a pool', () => poolOf(env, teamId).overview(ids)),
      ]);
      return { teamId, records, pool };
    }),
  );
}

/** What the objects of running deployments say of themselves. */
function askRunning(env: Env, unended: readonly Unended[]) {
  const running = unended.filter(({ status }) => status !== 'queued');
  const oldest = running.toSorted((one, other) => (one.createdAt < other.createdAt ? -1 : 1));
  return Promise.all(
    oldest.slice(0, MOST_RUNNING).map(async (one) => ({
      ...describe(one),
      activity: await attempt('a deployment', () => deploymentOf(env, one.deploymentId).activity()),
    })),
  );
}

const describe = ({ deploymentId, teamId, app, createdAt }: Unended) => ({
  deploymentId,
  teamId,
  app: app.slug,
  createdAt: Date.parse(createdAt),
});

const countOf = (unended: readonly { status: string; count: number }[], status: string): number =>
  unended.find((one) => one.status === status)?.count ?? 0;

function placeOf({ deploymentId, teamId }: Unended, facts: readonly PoolFacts[] | null): Place | null {
  const pool = facts?.find((one) => one.teamId === teamId)?.pool;
  return pool?.places.find((place) => place.deploymentId === deploymentId) ?? null;
}

/** Attempts that are out with runners that are not connected. */
const awayOf = ({ teamId, records, pool }: PoolFacts) =>
  (pool?.out ?? [])
    .filter(({ runnerId }) => !pool?.online.some(({ id }) => id === runnerId))
    .map(({ deploymentId, runnerId }) => {
      const record = records.find(({ id }) => id === runnerId);
      const seenAt = record?.lastSeenAt ?? null;
      return {
        deploymentId,
        teamId,
        runner: record?.name ?? runnerId,
        lastSeenAt: seenAt === null ? null : Date.parse(seenAt),
      };
    });

const runnerVersions = ({ teamId, records, pool }: PoolFacts, controlPlane: string): RunnerVersion[] =>
  records.map(({ id, name, version, lastSeenAt }) => {
    const online = pool?.online.find((one) => one.id === id);
    return {
      id,
      name,
      teamId,
      version,
      isOnline: online !== undefined,
      isOlder: isOlderVersion(version, controlPlane),
      lastSeenAt,
      signaturesAt: online?.scanner?.signaturesAt ?? null,
      machine: pool?.machines.find(({ runnerId }) => runnerId === id)?.machine ?? null,
    };
  });
