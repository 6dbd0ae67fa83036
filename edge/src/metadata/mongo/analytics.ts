import type { Db, Filter } from 'mongodb';
import {
  type AnalyticsScope,
  type AnalyticsStore,
  type DayRange,
  type Ended,
  type NamedApp,
  percentilesOf,
  TOP,
} from '../analytics.ts';
import type { AppRecord } from '../metadata.ts';
import { is, Records } from './database.ts';
import { type Document, idOf } from './documents.ts';

/** A group of an aggregation: what its members have in common, and their number or their sum. */
export interface Group {
  _id: Record<string, unknown>;
  total: number;
}

const NONE: Ended = { success: 0, failed: 0, canceled: 0 };

export function createAnalyticsStore(db: Db): AnalyticsStore {
  const apps = new Records<AppRecord>(db, 'apps');
  const deployments = new Records(db, 'deployments');
  const downloads = new Records(db, 'downloads');

  const whose = ({ ownerId, appId }: AnalyticsScope): Filter<Document> => ({
    ownerId: is(ownerId),
    ...(appId === undefined ? {} : { appId: idOf(appId) }),
  });
  const within = ({ from, to }: DayRange) => ({ $gte: from, $lte: to });

  /** The groups of what satisfies a filter, by the named members; what is summed is a member, or 1 to count. */
  const groups = (
    records: Records<object>,
    filter: Filter<Document>,
    members: readonly string[],
    summed: 1 | string,
  ): Promise<Group[]> =>
    records.documents
      .aggregate<Group>([
        { $match: filter },
        {
          $group: {
            _id: Object.fromEntries(members.map((member) => [member, `$${member}`])),
            total: { $sum: summed },
          },
        },
      ])
      .toArray();

  /** The Apps with the most, by their totals. */
  async function topOf(totals: ReadonlyMap<string, number>): Promise<{ id: string; app: NamedApp }[]> {
    const most = [...totals]
      .sort(([id, total], [otherId, other]) => other - total || (id < otherId ? -1 : 1))
      .slice(0, TOP);
    const found = await apps.all({ _id: { $in: most.map(([id]) => idOf(id)) } }, { _id: 1 });
    const named = new Map(found.map(({ id, slug, name }) => [id, { slug, name }]));
    return most.flatMap(([id]) => {
      const app = named.get(id);
      return app === undefined ? [] : [{ id, app }];
    });
  }

  return {
    async builds(scope, range) {
      const ended = { ...whose(scope), endedOn: within(range) };
      const success = { ...ended, status: is('success') };
      const claimed = { ...ended, waitedSeconds: { $ne: null } };
      const ofDays = foldedEnds(await groups(deployments, ended, ['endedOn', 'status'], 1), 'endedOn');
      const durations = await groups(deployments, success, ['durationSeconds'], 1);
      const waits = await groups(deployments, claimed, ['waitedSeconds'], 1);
      const ofApps = foldedEnds(await groups(deployments, ended, ['appId', 'status'], 1), 'appId');
      const totals = [...ofApps].map(
        ([id, ends]) => [id, ends.success + ends.failed + ends.canceled] as const,
      );
      return {
        days: [...ofDays].map(([day, ends]) => ({ day, ...ends })).sort(byDay),
        durationSeconds: percentilesOf(histogramOf(durations, 'durationSeconds')),
        waitingSeconds: percentilesOf(histogramOf(waits, 'waitedSeconds')),
        top: (await topOf(new Map(totals))).map(({ id, app }) => ({ app, ended: ofApps.get(id) ?? NONE })),
      };
    },

    async downloads(scope, range) {
      const counted = { ...whose(scope), day: within(range) };
      const days = await groups(downloads, counted, ['day'], '$count');
      const ofApps = await groups(downloads, counted, ['appId'], '$count');
      const totals = new Map(ofApps.map(({ _id, total }) => [String(_id.appId), total]));
      return {
        days: days.map(({ _id, total }) => ({ day: String(_id.day), downloads: total })).sort(byDay),
        top: (await topOf(totals)).map(({ id, app }) => ({ app, downloads: totals.get(id) ?? 0 })),
      };
    },
  };
}

const byDay = (one: { day: string }, other: { day: string }) => (one.day < other.day ? -1 : 1);

/** Groups by a member and the status, put together by the member. */
function foldedEnds(groups: readonly Group[], member: string): Map<string, Ended> {
  const folded = new Map<string, Ended>();
  for (const { _id, total } of groups) {
    const key = String(_id[member]);
    folded.set(key, { ...NONE, ...folded.get(key), [String(_id.status)]: total });
  }
  return folded;
}

/** A value that is missing is no value. */
export const histogramOf = (groups: readonly Group[], member: string): Map<number, number> =>
  new Map(
    groups.flatMap(({ _id, total }) => (typeof _id[member] === 'number' ? [[_id[member], total]] : [])),
  );
