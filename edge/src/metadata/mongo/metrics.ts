import type { PhaseSpan } from '@appflux/protocol';
import type { Db, Filter } from 'mongodb';
import { type Ended, percentilesOf } from '../analytics.ts';
import type { DeploymentRecord } from '../metadata.ts';
import { type Failed, type MetricsStore, UNENDED, type Unended, type UnendedStatus } from '../metrics.ts';
import { type Group, histogramOf } from './analytics.ts';
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
      const inRange = { ...ofTeams(teams), endedOn: { $gte: from, $lte: to } };
      const oldest = await Promise.all(
        UNENDED.map(async (status) => {
          const filter = { ...ofTeams(teams), ...inQueue(status) };
          const [first] = await deployments.all(filter, { createdAt: 1 }, 1);
          if (first === undefined) return [];
          const count = await deployments.documents.countDocuments(filter);
          return [{ status, count, oldestCreatedAt: first.createdAt }];
        }),
      );
      const ended: Ended = { success: 0, failed: 0, canceled: 0 };
      for (const { _id, total } of await counted(deployments, inRange, 'status'))
        ended[_id.status as keyof Ended] = total;
      const durations = await counted(deployments, { ...inRange, status: is('success') }, 'durationSeconds');
      const waits = await counted(deployments, { ...inRange, waitedSeconds: { $ne: null } }, 'waitedSeconds');
      return {
        unended: oldest.flat(),
        ended,
        durationSeconds: percentilesOf(histogramOf(durations, 'durationSeconds')),
        waitingSeconds: percentilesOf(histogramOf(waits, 'waitedSeconds')),
      };
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
      const filter = { ...ofTeams(teams), endedOn: { $gte: from, $lte: to }, status: is('failed') };
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
