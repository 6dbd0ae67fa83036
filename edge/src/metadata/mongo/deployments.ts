import type { Db } from 'mongodb';
import type { AppRecord, DeploymentRecord, DeploymentStore } from '../metadata.ts';
import { ofApp } from './apps.ts';
import { is, isDuplicate, Records } from './database.ts';
import { idOf } from './documents.ts';

/** `publicUrl` is the instance's address without a trailing slash, or null: for the artifacts' addresses. */
export function createDeploymentStore(db: Db, publicUrl: string | null): DeploymentStore {
  const deployments = new Records<DeploymentRecord>(db, 'deployments');
  const apps = new Records<AppRecord>(db, 'apps');

  /** Writes the record if it is newer than what is kept; whether it was. */
  async function write(record: DeploymentRecord, seq: number): Promise<boolean> {
    const key = deployments.key(record.id);
    const { _id, ...members } = deployments.document(record, { seq, ...drawnOf(record, publicUrl) });
    const older = { ...key, seq: { $lt: seq } };
    // Two updates, for only one of all events may be the one that makes a success of a deployment. Of a success
    // that is told of again, `releasePending` stays as it is.
    const first = await deployments.documents.updateOne(
      { ...older, status: { $ne: 'success' } },
      { $set: { ...members, releasePending: isRelease(record) } },
    );
    if (first.matchedCount > 0) return true;
    const again = await deployments.documents.updateOne(
      { ...older, status: is('success') },
      { $set: members },
    );
    if (again.matchedCount > 0) return true;
    if ((await deployments.first(key)) !== null) return false;
    try {
      await deployments.documents.insertOne({
        _id,
        ...members,
        buildLogs: [],
        releasePending: isRelease(record),
      });
      return true;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      // Another event of it came first by a moment: now it is there to be updated.
      return write(record, seq);
    }
  }

  /**
   * What a production success does to its app, once. It is noted in the deployment until it is done, so that an
   * event that comes again after a failure finds it, and a later event of the same deployment does not undo a
   * rollback that came in between.
   */
  async function release({ id, appId, plan }: DeploymentRecord): Promise<void> {
    const pending = { ...deployments.key(id), releasePending: true };
    if ((await deployments.first(pending)) === null) return;
    const app = apps.key(appId);
    await apps.documents.updateOne(
      { ...app, $or: [{ release: null }, { release: { $lt: idOf(id) } }] },
      { $set: { release: idOf(id) } },
    );
    if (plan !== null) {
      await apps.documents.updateOne({ ...app, type: null }, { $set: { type: plan.type } });
    }
    await deployments.documents.updateOne(pending, { $set: { releasePending: false } });
  }

  return {
    async project(record, seq) {
      const written = await ofApp(
        db,
        record.appId,
        () => write(record, seq),
        () => deployments.remove(deployments.key(record.id)),
      );
      if (written !== null && isRelease(record)) await release(record);
      return written ?? false;
    },

    byId: (id) => deployments.first(deployments.key(id)),

    list: ({ ownerId, appId, status }, page) =>
      deployments.page(
        {
          ownerId: is(ownerId),
          ...(appId === undefined ? {} : { appId: idOf(appId) }),
          ...(status === undefined ? {} : { status: is(status) }),
        },
        page,
      ),

    async unended(appId) {
      const unended = { appId: idOf(appId), status: { $in: ['queued', 'building', 'canceling'] } };
      return (await deployments.all(unended, { _id: -1 })).map(({ id }) => id);
    },

    async keepLogTail(id, lines) {
      const kept = { $set: { buildLogs: lines } };
      return (await deployments.documents.updateOne(deployments.key(id), kept)).matchedCount > 0;
    },
  };
}

const isRelease = ({ status, environment }: DeploymentRecord) =>
  status === 'success' && environment === 'production';

/** What other readers of the database find beside the record. */
export function drawnOf({ id, runner, artifacts }: DeploymentRecord, publicUrl: string | null) {
  const [first] = artifacts;
  const path = first === undefined ? null : `/dl/${id}/${encodeURIComponent(first.name)}`;
  return {
    runnerId: runner?.id ?? null,
    artifactUrl: path === null || publicUrl === null ? path : publicUrl + path,
  };
}
