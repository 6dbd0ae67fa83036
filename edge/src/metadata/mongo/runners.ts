import type { Db } from 'mongodb';
import type { RunnerRecord, RunnerStore } from '../metadata.ts';
import { is, Records } from './database.ts';

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
    count: (ownerId) => runners.documents.countDocuments({ ownerId: is(ownerId) }),
    update: (id, change) => runners.change(id, change),
    delete: async (id) => (await runners.remove(runners.key(id))) > 0,
  };
}
