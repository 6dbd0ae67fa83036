import type { Db, Filter } from 'mongodb';
import { type AnalyticsScope, type AnalyticsStore, type DayRange, type NamedApp, TOP } from '../analytics.ts';
import { buildCounts, countedUnder, type KeptDay } from '../build-days.ts';
import type { AppRecord } from '../metadata.ts';
import { is, Records } from './database.ts';
import { type Document, idOf } from './documents.ts';

/** A group of an aggregation: what its members have in common, and their number or their sum. */
export interface Group {
  _id: Record<string, unknown>;
  total: number;
}

export function createAnalyticsStore(db: Db): AnalyticsStore {
  const apps = new Records<AppRecord>(db, 'apps');
  const days = new Records<KeptDay>(db, 'buildDays');
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

  const namesOf = async (ids: readonly string[]): Promise<Map<string, NamedApp>> => {
    const found = await apps.all({ _id: { $in: ids.map(idOf) } }, { _id: 1 });
    return new Map(found.map(({ id, slug, name }) => [id, { slug, name }]));
  };

  /** The Apps with the most, by their totals. */
  async function topOf(totals: ReadonlyMap<string, number>): Promise<{ id: string; app: NamedApp }[]> {
    const most = [...totals]
      .sort(([id, total], [otherId, other]) => other - total || (id < otherId ? -1 : 1))
      .slice(0, TOP);
    const named = await namesOf(most.map(([id]) => id));
    return most.flatMap(([id]) => {
      const app = named.get(id);
      return app === undefined ? [] : [{ id, app }];
    });
  }

  return {
    async builds(scope, range) {
      const ofScope = { ownerId: is(scope.ownerId), appId: is(countedUnder(scope)), day: within(range) };
      return buildCounts(scope, await days.all(ofScope, { day: 1 }), namesOf);
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
