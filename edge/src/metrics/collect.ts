/** Reads what the metrics are made of, in a bounded number of steps. What can't be read is left out, and reported so. */
import type { Env } from '../env.ts';
import { addressStatus } from '../hosts/status.ts';
import { isolateCounts } from '../isolate-counts.ts';
import { journal } from '../journal.ts';
import { maintenanceOf } from '../maintenance/object.ts';
import { lastDays } from '../metadata/day.ts';
import type { Metadata } from '../metadata/metadata.ts';
import { attempt as attemptWithin } from '../operations/attempt.ts';
import { operationsOf } from '../operations/object.ts';
import { currentDisks } from '../overview/machine.ts';
import { poolOf } from '../pools/team-pool.ts';
import { sweepOf } from '../retention/object.ts';
import { setting } from '../settings.ts';
import { hostName } from '../sites/hosts/domain.ts';
import { storageWorks } from '../storage/index.ts';
import type { Facts } from './facts.ts';

/** Teams whose deployments are counted, by one look-up each. */
const MOST_TEAMS = 1_000;

/** Teams whose pools and phases are read: each pool is asked twice, and the platform limits how often a request may ask. */
const MOST_POOLS = 20;

/** Successful deployments of each team whose phases are read. */
const PHASES_OF_EACH = 20;

/** Today and yesterday. */
const DAYS = 2;

/** How long a group of metrics may take, in milliseconds: Prometheus gives a scrape 10 seconds. */
const ANSWER_WITHIN_MS = 6_000;

const attempt = <Value>(what: string, ask: () => Promise<Value>): Promise<Value | null> =>
  attemptWithin(`metrics: ${what}`, ANSWER_WITHIN_MS, ask);

export async function collectFacts(env: Env, metadata: Metadata, version: string): Promise<Facts> {
  const now = Date.now();
  const teams = attempt('teams', () => metadata.metrics.teams(MOST_TEAMS + 1));
  const ofTeams = async <Value>(ask: (teams: string[]) => Promise<Value>): Promise<Value> => {
    const found = await teams;
    if (found === null) throw new Error('the teams could not be read');
    return ask(found);
  };
  const [
    deployments,
    phases,
    runners,
    queue,
    storage,
    disks,
    cron,
    errors,
    certificates,
    backup,
    maintenance,
    metadataUp,
    storageUp,
  ] = await Promise.all([
    attempt('deployments', () =>
      ofTeams(async (found) => ({
        ...(await metadata.metrics.deployments(found.slice(0, MOST_TEAMS), lastDays(DAYS, now))),
        isCut: found.length > MOST_TEAMS,
      })),
    ),
    attempt('phases', () =>
      ofTeams(async (found) => ({
        spans: await metadata.metrics.phases(found.slice(0, MOST_POOLS), PHASES_OF_EACH),
        isCut: found.length > MOST_POOLS,
      })),
    ),
    attempt('runners', () => ofTeams((found) => runnerFacts(env, metadata, found))),
    attempt('queue', async () => {
      const { backlogCount, backlogBytes } = await env.DEPLOY_QUEUE.metrics();
      return { messages: backlogCount, bytes: backlogBytes };
    }),
    attempt('storage', async () => {
      const [round, samples] = await Promise.all([sweepOf(env).round(), operationsOf(env).samples()]);
      const sample = samples.find(({ stored }) => stored !== null) ?? null;
      return { measured: round?.measured ?? null, sample };
    }),
    attempt('disks', () => currentDisks(env)),
    attempt('cron', async () => ({ runs: await operationsOf(env).cron() })),
    attempt('errors', async () => {
      const groups = await operationsOf(env).errors(now);
      return { count: groups.reduce((sum, { count }) => sum + count, 0) };
    }),
    attempt('certificates', () => certificateFacts(env)),
    attempt('backup', async () => ({ status: await sweepOf(env).backup() })),
    attempt('maintenance', async () => ({ on: (await maintenanceOf(env).notice()) !== null })),
    attempt('the health of metadata', async () => {
      await metadata.ping();
      return true;
    }),
    attempt('the health of storage', () =>
      storageWorks(env, (error) => journal.error('storage is down', error)),
    ),
  ]);
  return {
    version,
    now,
    parts: { metadata: metadataUp === true, storage: storageUp === true, queue: queue !== null },
    deployments,
    phases,
    runners,
    queue,
    storage,
    disks,
    cron,
    errors,
    certificates,
    backup,
    maintenance,
    isolate: isolateCounts(),
  };
}

async function runnerFacts(env: Env, metadata: Metadata, teams: string[]): Promise<Facts['runners']> {
  const counted = await metadata.metrics.runners(teams.slice(0, MOST_TEAMS));
  const asked = counted.slice(0, MOST_POOLS);
  const pools = await Promise.all(
    asked.map(async ({ teamId }) => {
      const pool = poolOf(env, teamId);
      const [waiting, online] = await Promise.all([pool.depth(), pool.online()]);
      return { waiting, online };
    }),
  );
  return {
    registered: asked.reduce((sum, { count }) => sum + count, 0),
    pools,
    isCut: teams.length > MOST_TEAMS || counted.length > MOST_POOLS,
  };
}

/** Certificates are known where the instance ends TLS itself. Elsewhere there are none, which is no failure. */
async function certificateFacts(env: Env): Promise<Facts['certificates']> {
  const dashboard = hostName(new URL(setting(env, 'PUBLIC_URL')).host);
  if (!env.ADDRESS_STATUS_URL) return { dashboard, states: [] };
  const status = await addressStatus(env, []);
  return status && { dashboard, states: status.certificates };
}
