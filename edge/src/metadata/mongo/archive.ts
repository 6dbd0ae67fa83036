/** Archiving in MongoDB: what stays of a document whose whole record is in storage. */
import type { Db } from 'mongodb';
import type { AppRecord, DeploymentStore, KeptDeployment } from '../metadata.ts';
import type { Place } from '../paging.ts';
import { Records } from './database.ts';
import { idOf } from './documents.ts';

/** Nothing is left of it. */
const IS_ARCHIVABLE = {
  archived: null,
  leftovers: { $ne: true },
  pinned: { $ne: true },
  status: { $in: ['success', 'failed', 'canceled'] },
  $and: [
    { $or: [{ skipped: { $ne: null } }, { logRemovedAt: { $ne: null } }] },
    { $or: [{ artifactsRemovedAt: { $ne: null } }, { 'artifacts.0': { $exists: false } }] },
  ],
};

/** What takes room and is read of nothing but a whole record. */
const HOLLOW = {
  $set: { archived: true, artifacts: [], phases: [], buildLogs: [] },
  $unset: { plan: '', site: '', budgets: '', sbom: '', runner: '', logKey: '' },
};

/** The methods of the store that archive. */
export function createArchiving(db: Db): Pick<DeploymentStore, 'archivable' | 'archive'> {
  const deployments = new Records<KeptDeployment>(db, 'deployments');
  const apps = new Records<AppRecord>(db, 'apps');

  /** Those that stay whole: the releases, and the latest, whose record a list of apps has. */
  async function needed(appId: string): Promise<string[]> {
    const app = await apps.first(apps.key(appId));
    const built = { appId: idOf(appId), skipped: null };
    const [latest] = await deployments.all(built, deployments.newestFirst, 1);
    return [app?.release, app?.previousRelease, latest?.id].filter((id) => id != null);
  }

  return {
    async archivable(appId, createdBefore, after, limit) {
      const found = deployments.documents
        .find(
          {
            appId: idOf(appId),
            createdAt: { $lt: new Date(createdBefore) },
            ...IS_ARCHIVABLE,
            $and: [...IS_ARCHIVABLE.$and, comesAfter(after)],
            _id: { $nin: (await needed(appId)).map(idOf) },
          },
          { projection: { createdAt: 1 } },
        )
        .sort({ createdAt: 1, _id: 1 })
        .limit(limit);
      return (await found.toArray()).map(({ _id, createdAt }) => ({
        id: String(_id),
        at: createdAt.toISOString(),
      }));
    },

    async archive(appId, stored) {
      const whole = new Set(await needed(appId));
      let archived = 0;
      for (const { id, seq } of stored) {
        if (whole.has(id)) continue;
        const filter = { ...deployments.key(id), appId: idOf(appId), seq, ...IS_ARCHIVABLE };
        archived += (await deployments.documents.updateOne(filter, HOLLOW)).modifiedCount;
      }
      return archived;
    },
  };
}

/** The condition that a deployment was created after a place. */
function comesAfter(after: Place | null) {
  if (after === null) return {};
  const time = new Date(after.at);
  return { $or: [{ createdAt: { $gt: time } }, { createdAt: time, _id: { $gt: idOf(after.id) } }] };
}
