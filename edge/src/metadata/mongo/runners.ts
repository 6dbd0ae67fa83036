import type { Db } from 'mongodb';
import type { RunnerRecord, RunnerStore } from '../metadata.ts';
import { is, Records } from './database.ts';

const lastKnown = ({ lastSeenAt, createdAt }: RunnerRecord) => lastSeenAt ?? createdAt;

export function createRunnerStore(db: Db): RunnerStore {
  const runners = new Records<RunnerRecord>(db, 'runners');

  return {
    async insert(runner) {
      if (!(await runners.insert(runner)))
        throw new Error(`There is a runner with the id ${runner.id} already`);
    },
    byId: (id) => runners.first(runners.key(id)),
    byCredentialHash: (hash) => runners.first({ credentialHash: is(hash) }),
    list: (ownerId) => runners.all({ ownerId: is(ownerId) }, runners.newestFirst),
    page: (ownerId, page) => runners.page({ ownerId: is(ownerId) }, page),
    count: (ownerId) => runners.documents.countDocuments({ ownerId: is(ownerId) }),
    // Two conditions that an index serves each, where one over both members would read all runners.
    async ephemeralUnseen(since, limit) {
      const [seen, never] = await Promise.all([
        runners.all({ ephemeral: true, lastSeenAt: { $lt: since } }, { lastSeenAt: 1, _id: 1 }, limit),
        runners.all(
          { ephemeral: true, lastSeenAt: null, createdAt: { $lt: since } },
          { createdAt: 1, _id: 1 },
          limit,
        ),
      ]);
      return [...seen, ...never]
        .sort((a, b) => lastKnown(a).localeCompare(lastKnown(b)) || a.id.localeCompare(b.id))
        .slice(0, limit);
    },
    update: (id, change) => runners.change(id, change),
    delete: async (id) => (await runners.remove(runners.key(id))) > 0,
  };
}
