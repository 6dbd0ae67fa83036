/** The activity feed of a team: its audit log as far as members may see it, and the ends of its deployments, merged. */
import type { ActivityItem, Page, PageQuery } from '@appflux/protocol';
import { type Caller, mayUse } from '../identity/caller.ts';
import type { AuditRecord, DeploymentSummary, Metadata } from '../metadata/metadata.ts';
import { cursorOf, newestFirst, type Place, placeOf, positionOf } from '../metadata/paging.ts';
import { isVisible } from './visible.ts';

/** How many entries of the audit log are read at a time, and for one page at most: sign-ins may be most of them. */
const AUDIT_PAGE = 100;
const MOST_AUDIT_PAGES = 5;

/**
 * A page of the feed, newest first. A page may have few items, or none, and still a cursor: then most of what it read of
 * the audit log is for admins only.
 * @throws AppFluxError `bad_request` for a cursor that no list gave
 */
export async function activityOf(
  { audit, deployments }: Pick<Metadata, 'audit' | 'deployments'>,
  { ownerId, scopes }: Pick<Caller, 'ownerId' | 'scopes'>,
  page: PageQuery,
): Promise<Page<ActivityItem>> {
  const after = await positionOf(page, async () => null);
  const [entries, ended] = await Promise.all([
    visibleEntries(audit, { ownerId, scopes }, after, page.limit + 1),
    deployments.ended(ownerId, after, page.limit + 1),
  ]);
  const items = [
    ...entries.items.map((entry) => ofEntry(entry, mayUse(scopes, 'members:read'))),
    ...ended.map(ofEnd),
  ].sort(newestFirst);
  const { kept, next } = cut(items, page.limit, entries.readTo);
  return { items: await withDeployments(deployments, ownerId, kept), nextCursor: next && cursorOf(next) };
}

/**
 * The items of a page, and the place that the next one begins after; null if there is none. `readTo` is where reading the
 * audit log was given up: what is older may miss entries, so it waits for the next page.
 */
export function cut<Item extends Place>(
  items: Item[],
  limit: number,
  readTo: Place | null,
): { kept: Item[]; next: Place | null } {
  const known = readTo === null ? items : items.filter((item) => newestFirst(item, readTo) <= 0);
  const kept = known.slice(0, limit);
  if (known.length > limit) return { kept, next: kept.at(-1) ?? null };
  return { kept, next: readTo };
}

/** Up to `most` entries that the caller may see, and the place of the last one that was read, if there are more to read. */
async function visibleEntries(
  audit: Metadata['audit'],
  { ownerId, scopes }: Pick<Caller, 'ownerId' | 'scopes'>,
  after: Place | null,
  most: number,
): Promise<{ items: AuditRecord[]; readTo: Place | null }> {
  const items: AuditRecord[] = [];
  let cursor = after && cursorOf(after);
  for (let read = 0; read < MOST_AUDIT_PAGES; read += 1) {
    const page = await audit.list(ownerId, { limit: AUDIT_PAGE, ...(cursor !== null && { cursor }) });
    items.push(...page.items.filter(({ action }) => isVisible(action, scopes)));
    const last = page.items.at(-1);
    if (page.nextCursor === null || last === undefined) return { items, readTo: null };
    if (items.length >= most || read === MOST_AUDIT_PAGES - 1) return { items, readTo: placeOf(last) };
    cursor = page.nextCursor;
  }
  return { items, readTo: after };
}

/** Ids of tokens and hooks are for admins; those of users are in the list of members, for those who may read it. */
const ofEntry = ({ id, at, actor, action, target }: AuditRecord, mayReadMembers: boolean): ActivityItem => ({
  id,
  at,
  actor: { ...actor, id: actor.kind === 'user' && mayReadMembers ? actor.id : null },
  action,
  subject: target,
  deployment: null,
  reason: null,
});

const ENDING: Readonly<Partial<Record<DeploymentSummary['status'], string>>> = {
  success: 'deployment.succeeded',
  failed: 'deployment.failed',
  canceled: 'deployment.canceled',
};

const ofEnd = (summary: DeploymentSummary): ActivityItem => ({
  id: summary.id,
  at: summary.finishedAt ?? '',
  actor: summary.creator && { ...summary.creator, id: null },
  action: ENDING[summary.status] ?? `deployment.${summary.status}`,
  subject: { kind: 'deployment', id: summary.id, name: summary.app.slug },
  deployment: toActivityDeployment(summary),
  reason: summary.reason,
});

function toActivityDeployment({ creator: _, finishedAt: __, reason: ___, ...rest }: DeploymentSummary) {
  return rest;
}

/** Completes the items of the audit log with the deployments that they name. */
async function withDeployments(
  deployments: Metadata['deployments'],
  ownerId: string,
  items: ActivityItem[],
): Promise<ActivityItem[]> {
  const ids = items.flatMap(({ subject, deployment }) =>
    deployment === null && subject?.kind === 'deployment' && subject.id !== null ? [subject.id] : [],
  );
  if (ids.length === 0) return items;
  const found = await deployments.summaries(ownerId, [...new Set(ids)]);
  const byId = new Map(found.map((summary) => [summary.id, toActivityDeployment(summary)]));
  return items.map((item) => ({
    ...item,
    deployment: item.deployment ?? byId.get(item.subject?.id ?? '') ?? null,
  }));
}
