import type { PhaseSpan } from '@appflux/protocol';
import type { Db, Filter } from 'mongodb';
import { ALL_APPS, type KeptDay, together } from '../build-days.ts';
import { dayAfter } from '../day.ts';
import type { DeploymentRecord } from '../metadata.ts';
import { type Failed, type MetricsStore, UNENDED, type Unended, type UnendedStatus } from '../metrics.ts';
import type { Group } from './analytics.ts';

import { is, Records } from './database.ts';
import type { Document } from './documents.ts';

/** Not those that need approval: they may wait for people for days, and their age says nothing of the queue. */
const inQueue = (status: UnendedStatus) => ({
  status: is(status),
  ...(status === 'queued' ? { approval: null } : {}),
});

export function createMetricsStore(db: Db): MetricsStore {
  const teamRecords = new Records(db, 'teams');
  const deployments = new Records<DeploymentRecord>(db, 'deployments');
  const runners = new Records(db, 'runners');
  const days = new Records<KeptDay>(db, 'buildDays');
  const ofTeams = (teams: readonly string[]) => ({ ownerId: { $in: [...teams] } });

  /** How many documents satisfy a filter, by a member's value. */
  const counted = (records: Records<object>, filter: Filter<Document>, member: string): Promise<Group[]> =>
    records.documents
      .aggregate<Group>([
        { $match: filter },
        { $group: { _id: { [member]: `$${member}` }, total: { $sum: 1 } } },
      ])
      .toArray();

  return {
    async teams(limit) {
      const found = teamRecords.documents
        .find({}, { projection: { _id: 1 } })
        .sort({ _id: 1 })
        .limit(limit);
      return (await found.toArray()).map(({ _id }) => String(_id));
    },

    async deployments(teams, { from, to }) {
      const oldest = await Promise.all(
        UNENDED.map(async (status) => {
          const filter = { ...ofTeams(teams), ...inQueue(status) };
          const [first] = await deployments.all(filter, { createdAt: 1 }, 1);
          if (first === undefined) return [];
          const count = await deployments.documents.countDocuments(filter);
          return [{ status, count, oldestCreatedAt: first.createdAt }];
        }),
      );
      const inRange = { ...ofTeams(teams), appId: is(ALL_APPS), day: { $gte: from, $lte: to } };
      return { unended: oldest.flat(), ...together(await days.all(inRange, { day: 1 })) };
    },

    async unended(teams, each) {
      const oldest = await Promise.all(
        UNENDED.map((status) =>
          deployments.all({ ...ofTeams(teams), ...inQueue(status) }, { createdAt: 1, _id: 1 }, each),
        ),
      );
      return oldest.flat().map(
        ({ id, ownerId, appId, app, status, createdAt }): Unended => ({
          deploymentId: id,
          teamId: ownerId,
          app: { id: appId, slug: app.slug },
          status: status as Unended['status'],
          createdAt,
        }),
      );
    },

    async failed(teams, { from, to }, limit) {
      const finishedAt = { $gte: new Date(from), $lt: new Date(dayAfter(to)) };
      const filter = { ...ofTeams(teams), finishedAt, status: is('failed'), skipped: null };
      const found = await deployments.documents.find(filter).limit(limit).toArray();
      return found.map((document): Failed => {
        const { id, ownerId, app, failure, finishedAt, createdAt } = deployments.record(document);
        return {
          deploymentId: id,
          teamId: ownerId,
          app: { slug: app.slug },
          code: failure?.code ?? 'unknown',
          finishedAt: finishedAt ?? createdAt,
        };
      });
    },

    runners: async (teams) =>
      (await counted(runners, ofTeams(teams), 'ownerId'))
        .map(({ _id, total }) => ({ teamId: String(_id.ownerId), count: total }))
        .sort((one, other) => (one.teamId < other.teamId ? -1 : 1)),

    async phases(teams, each) {
      const found: PhaseSpan[][] = [];
      for (const team of teams) {
        const newest = await deployments.documents
          .find({ ownerId: is(team), status: is('success') }, { projection: { phases: 1 } })
          .sort(deployments.newestFirst)
          .limit(each)
          .toArray();
        // Records of the first versions have no phases.
        for (const { phases } of newest) if (Array.isArray(phases)) found.push(phases as PhaseSpan[]);
      }
      return found;
    },
  };
}
