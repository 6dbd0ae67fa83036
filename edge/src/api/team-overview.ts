/** What a team sees first, in one answer. */
import { TeamOverview } from '@appflux/protocol';
import { createRoute } from '@hono/zod-openapi';
import { addressesOf, toDeployment } from '../deployment/record.ts';
import { diskOf } from '../disk/disk.ts';
import type { PoolOverview } from '../dispatch/places.ts';
import type { Env } from '../env.ts';
import { bearer, json, needs, refusals, router } from '../http/router.ts';
import { type Caller, mayUse, requireScope } from '../identity/caller.ts';
import type { AppRecord, KeptDeployment, Metadata, TokenRecord } from '../metadata/metadata.ts';
import { attempt } from '../operations/attempt.ts';
import { operationsOf } from '../operations/object.ts';
import { storageUse } from '../overview/disks.ts';
import { poolOf } from '../pools/team-pool.ts';
import { attentionOf } from '../team-overview/attention.ts';
import { lastFailures } from '../team-overview/last-failures.ts';
import { shownRunners } from '../team-overview/shown-runners.ts';
import { VERSION } from '../version.ts';
import { toActiveApps } from './apps.ts';
import { withConnections } from './runners.ts';

/** Apps that are shown, and from how many of the last deployments they are taken. */
const MOST_APPS = 6;
const RECENT_DEPLOYMENTS = 30;
/** Deployments that have not ended, of each state. */
const MOST_RUNNING = 20;
/** Failed deployments that are looked through: the newest of each app is shown. */
const MOST_FAILED = 30;
/** What needs attention, the most pressing first: many runners that went away together are as many items. */
const MOST_ATTENTION = 100;
/** How long the pool, the disk and the measurements of storage may take, in milliseconds. */
const ANSWER_WITHIN_MS = 4_000;

export const teamOverview = router();

teamOverview.openapi(
  createRoute({
    method: 'get',
    path: '/api/overview',
    summary: 'What runs now, what failed last, your runners, and what needs attention',
    description:
      'For the first page of the dashboard, in one call. The storage of the instance is there for the team of its owner only.',
    tags: ['team'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    responses: { 200: json(TeamOverview, 'The overview'), ...refusals },
  }),
  async (c) => {
    requireScope(c.get('caller'), 'apps:read');
    return c.json(await collect(c.env, c.get('metadata'), c.get('caller')), 200);
  },
);

async function collect(env: Env, metadata: Metadata, caller: Caller): Promise<TeamOverview> {
  const { ownerId } = caller;
  const now = Date.now();
  const unended = (status: 'building' | 'canceling' | 'queued') =>
    metadata.deployments.list({ ownerId, status }, { limit: MOST_RUNNING });
  const [building, canceling, queued, failed, recent, runnerRecords, inactive, overBudget, tokens, owner] =
    await Promise.all([
      unended('building'),
      unended('canceling'),
      unended('queued'),
      metadata.deployments.list({ ownerId, status: 'failed' }, { limit: MOST_FAILED }),
      metadata.deployments.list({ ownerId, skipped: 'exclude' }, { limit: RECENT_DEPLOYMENTS }),
      metadata.runners.list(ownerId),
      metadata.domains.inactive(ownerId),
      metadata.appLists.overBudget(ownerId),
      visibleTokens(metadata, caller),
      metadata.users.owner(),
    ]);
  const records = [...building.items, ...canceling.items, ...queued.items];
  const addresses = addressesOf(env);
  // Those that need approval are in no pool.
  const waiting = queued.items.filter(({ approval }) => approval?.state !== 'required');
  const [pool, apps, activity, named, machine] = await Promise.all([
    attempt('team overview: the pool', ANSWER_WITHIN_MS, () =>
      poolOf(env, ownerId).overview(waiting.map(({ id }) => id)),
    ),
    chosenApps(metadata, caller, recent.items),
    metadata.appLists.recent([...new Set(failed.items.map(({ appId }) => appId))]),
    metadata.apps.byIds([...new Set(inactive.map(({ appId }) => appId))]),
    owner?.id === ownerId ? readMachine(env) : null,
  ]);
  const running = records.map((record) => toDeployment(record, addresses, reasonOf(pool, record.id)));
  // What is connected is known to the pool alone.
  const runners = pool && withConnections(runnerRecords, pool.online);
  return {
    at: new Date(now).toISOString(),
    apps: await toActiveApps(apps, caller, { metadata, env }),
    running,
    failures: lastFailures(failed.items, activity).map(({ record, hasRecovered }) => ({
      deployment: toDeployment(record, addresses),
      hasRecovered,
    })),
    runners: runners && shownRunners(runners),
    storage: machine && {
      use: machine.use,
      disk: machine.disk && { freeBytes: machine.disk.freeBytes, totalBytes: machine.disk.totalBytes },
    },
    attention: attentionOf({
      now,
      version: VERSION,
      running,
      runners,
      online: pool?.online ?? [],
      domains: inactive.flatMap((domain) => {
        const app = named.find(({ id }) => id === domain.appId);
        return app === undefined ? [] : [{ ...domain, app: { slug: app.slug, name: app.name } }];
      }),
      overBudget,
      tokens,
      disk: machine?.disk ?? null,
    }).slice(0, MOST_ATTENTION),
  };
}

/** Why a deployment waits in its pool; null if it doesn't, or that is unknown. */
function reasonOf(pool: PoolOverview | null, id: string): string | null {
  const place = pool?.places.find(({ deploymentId }) => deploymentId === id);
  return place?.waits === true ? place.reason : null;
}

/** The caller's favourites, then the apps that were deployed last, then the newest. */
async function chosenApps(
  metadata: Metadata,
  { kind, id, ownerId }: Caller,
  recent: readonly KeptDeployment[],
): Promise<AppRecord[]> {
  const favourites = kind === 'user' && id !== null ? await metadata.appLists.favourites(id, ownerId) : [];
  const deployed = recent.map(({ appId }) => appId);
  // Favourites in the order of their last deployments; those without a recent one come after.
  const ranked = [...deployed.filter((appId) => favourites.includes(appId)), ...favourites, ...deployed];
  const ids = [...new Set(ranked)].slice(0, MOST_APPS);
  const found = await metadata.apps.byIds(ids);
  const chosen = ids.flatMap(
    (appId) => found.find((app) => app.id === appId && app.ownerId === ownerId) ?? [],
  );
  if (chosen.length >= MOST_APPS) return chosen;
  const { items } = await metadata.apps.list(ownerId, { limit: MOST_APPS });
  return [...chosen, ...items.filter((app) => !ids.includes(app.id))].slice(0, MOST_APPS);
}

/** The disk of the instance, and what its storage held when it was last measured. */
async function readMachine(env: Env) {
  const [disk, samples] = await Promise.all([
    attempt('team overview: the disk', ANSWER_WITHIN_MS, () => diskOf(env)),
    attempt('team overview: storage', ANSWER_WITHIN_MS, () => operationsOf(env).samples()),
  ]);
  return { disk, use: samples && storageUse(samples) };
}

/** API tokens: an admin sees those of the team, others their own. */
async function visibleTokens(
  metadata: Metadata,
  { scopes, userId, ownerId }: Caller,
): Promise<TokenRecord[]> {
  const page = { limit: 100 };
  if (scopes.has('admin')) return (await metadata.tokens.list(ownerId, 'api', page)).items;
  if (userId === null || !mayUse(scopes, 'tokens:own')) return [];
  return (await metadata.tokens.list(ownerId, 'api', page, { createdBy: userId })).items;
}
