import type { Db } from 'mongodb';
import {
  type AppRecord,
  contentOf,
  type DeploymentContent,
  type DeploymentFilter,
  type DeploymentMarks,
  type DeploymentPart,
  type DeploymentRecord,
  type DeploymentStore,
  type KeptDeployment,
  UNMARKED,
} from '../metadata.ts';
import { newestFirst, placeOf } from '../paging.ts';
import { ofApp, pointTo } from './apps.ts';
import { createArchiving } from './archive.ts';
import { countEnd, forgetBuilds } from './build-days.ts';
import { is, isDuplicate, Records } from './database.ts';
import { createSummaries } from './deployment-summaries.ts';
import { idOf } from './documents.ts';

/** That something of a deployment, which skipped ones never had, can still be removed, or has left something in storage. */
const HAS_CONTENT = {
  skipped: null,
  $or: [
    { logRemovedAt: null },
    { leftovers: true },
    { artifactsRemovedAt: null, 'artifacts.0': { $exists: true } },
  ],
};

const UNENDED = ['queued', 'building', 'canceling'];

/** How many deployments that have not ended are given at most. */
const MOST_UNENDED = 100;

const REMOVED_AT = {
  artifacts: 'artifactsRemovedAt',
  log: 'logRemovedAt',
} as const satisfies Record<DeploymentPart, keyof DeploymentMarks>;

/** An event brings the whole record, also of a deployment that was archived. */
const WHOLE = { $unset: { archived: '' } };

/** `publicUrl` is the instance's address without a trailing slash, or null: for the artifacts' addresses. */
export function createDeploymentStore(db: Db, publicUrl: string | null): DeploymentStore {
  const deployments = new Records<KeptDeployment>(db, 'deployments');
  const apps = new Records<AppRecord>(db, 'apps');

  /** Writes the record if it is newer than what is kept; whether it was. */
  async function write(record: DeploymentRecord, seq: number): Promise<boolean> {
    const key = deployments.key(record.id);
    const { _id, ...members } = deployments.document(record, { seq, ...drawnOf(record, publicUrl) });
    const older = { ...key, seq: { $lt: seq } };
    // Two updates, for only one of all events may be the one that makes a success of a deployment. Of a success
    // that is reported again, `releasePending` stays as it is.
    const first = await deployments.documents.updateOne(
      { ...older, status: { $ne: 'success' } },
      { $set: { ...members, releasePending: isRelease(record) }, ...WHOLE },
    );
    if (first.matchedCount > 0) return true;
    const again = await deployments.documents.updateOne(
      { ...older, status: is('success') },
      { $set: members, ...WHOLE },
    );
    if (again.matchedCount > 0) return true;
    if ((await deployments.first(key)) !== null) return false;
    try {
      await deployments.documents.insertOne({
        _id,
        ...members,
        ...UNMARKED,
        counted: false,
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
  async function release(record: DeploymentRecord): Promise<void> {
    const { id, appId, plan } = record;
    const pending = { ...deployments.key(id), releasePending: true };
    if ((await deployments.first(pending)) === null) return;
    for (;;) {
      const app = await apps.first(apps.key(appId));
      if (app === null || app.releaseLocked || !app.autoRelease) break;
      if (app.release === id || (await isNewer(app.release, record))) break;
      // Only in the place of the release that was looked at: another one that came meanwhile is looked at as well.
      const looked = {
        ...apps.key(appId),
        release: app.release === null ? null : idOf(app.release),
        releaseLocked: { $ne: true },
        autoRelease: { $ne: false },
      };
      const change = pointTo(id, {
        previous: app.release,
        at: new Date().toISOString(),
        detectedType: plan?.type ?? null,
      });
      if ((await apps.documents.updateOne(looked, { $set: change })).matchedCount > 0) break;
    }
    await deployments.documents.updateOne(pending, { $set: { releasePending: false } });
  }

  /** Whether a release was created after this deployment. */
  async function isNewer(release: string | null, record: DeploymentRecord): Promise<boolean> {
    const released = release === null ? null : await deployments.first(deployments.key(release));
    return released !== null && newestFirst(placeOf(released), placeOf(record)) < 0;
  }

  return {
    ...createSummaries(deployments),
    ...createArchiving(db),

    async project(record, seq) {
      const written = await ofApp(
        db,
        record.appId,
        () => write(record, seq),
        () => deployments.remove(deployments.key(record.id)),
      );
      if (written !== null && isRelease(record)) await release(record);
      if (written !== null)
        await ofApp(
          db,
          record.appId,
          () => countEnd(db, record),
          () => forgetBuilds(db, record.appId),
        );
      return written ?? false;
    },

    byId: (id) => deployments.first(deployments.key(id)),

    list: (filter, page) => deployments.page(conditionsOf(filter), page),

    async lastEnded({ appId, environment, branch, before }) {
      const ended = {
        appId: idOf(appId),
        environment: is(environment),
        ...(branch === undefined ? {} : { branch: is(branch) }),
        createdAt: { $lt: new Date(before) },
        status: { $in: ['success', 'failed'] },
      };
      return (await deployments.all(ended, deployments.newestFirst, 1))[0] ?? null;
    },

    unendedOf: (appId, { branch, pullRequest }) =>
      deployments.all(
        {
          appId: idOf(appId),
          status: { $in: UNENDED },
          ...(branch === undefined ? {} : { branch: is(branch) }),
          ...(pullRequest === undefined ? {} : { 'pullRequest.number': is(pullRequest) }),
        },
        deployments.newestFirst,
        MOST_UNENDED,
      ),

    async withContent(appId, page) {
      const { items, nextCursor } = await deployments.page({ appId: idOf(appId), ...HAS_CONTENT }, page);
      return { items: items.map(contentOf), nextCursor };
    },

    async builtFrom(uploadIds, after, limit) {
      const built = { uploadId: { $in: uploadIds.map(idOf) }, ...HAS_CONTENT };
      const found: DeploymentContent[] = [];
      let next = after;
      do {
        const walked = await deployments.walk(next, limit - found.length, built);
        found.push(...walked.items.map(contentOf));
        next = walked.next;
      } while (next !== null && found.length < limit);
      return found;
    },

    async pin(id, pinned) {
      const filter = { ...deployments.key(id), ...(pinned ? { artifactsRemovedAt: null } : {}) };
      return (await deployments.update(filter, { $set: { pinned } })) !== null;
    },

    async markPromoted(id, at) {
      const change = { $set: { promotedAt: at === null ? null : new Date(at) } };
      return (await deployments.documents.updateOne(deployments.key(id), change)).matchedCount > 0;
    },

    async markPictured(id, at) {
      const kept = { ...deployments.key(id), artifactsRemovedAt: null };
      const change = { $set: { pictureAt: new Date(at), pictureError: null } };
      return (await deployments.documents.updateOne(kept, change)).matchedCount > 0;
    },

    async markPictureFailed(id, reason) {
      const without = { ...deployments.key(id), pictureAt: null };
      await deployments.documents.updateOne(without, { $set: { pictureError: reason } });
    },

    async pictures(ids) {
      if (ids.length === 0) return new Map();
      const pictured = { _id: { $in: ids.map(idOf) }, pictureAt: { $ne: null }, artifactsRemovedAt: null };
      const found = await deployments.all(pictured, deployments.newestFirst);
      return new Map(found.flatMap(({ id, pictureAt }) => (pictureAt === null ? [] : [[id, pictureAt]])));
    },

    async markRemoved(ids, part, at) {
      const member = REMOVED_AT[part];
      const marked: string[] = [];
      // One by one: an update of many does not say which it changed.
      for (const id of ids) {
        const filter = { ...deployments.key(id), pinned: { $ne: true }, [member]: null };
        const change = { $set: { [member]: new Date(at), leftovers: true } };
        if ((await deployments.documents.updateOne(filter, change)).matchedCount > 0) marked.push(id);
      }
      return marked;
    },

    async unmarkRemoved(id, part) {
      await deployments.update(deployments.key(id), { $set: { [REMOVED_AT[part]]: null } });
    },

    async markCleared(ids) {
      const these = { _id: { $in: ids.map(idOf) } };
      await deployments.documents.updateMany(these, { $set: { leftovers: false } });
    },

    async delete(ids) {
      await deployments.remove({ _id: { $in: ids.map(idOf) } });
      for (const name of ['artifactDownloads', 'siteAliases'] as const)
        await new Records(db, name).remove({ deploymentId: { $in: ids.map(idOf) } });
      await new Records(db, 'releaseDetails').remove({ _id: { $in: ids.map(idOf) } });
    },

    async idsOf(appId, limit) {
      const ids = deployments.documents.find({ appId: idOf(appId) }, { projection: { _id: 1 }, limit });
      return (await ids.toArray()).map(({ _id }) => String(_id));
    },

    async unended(appId) {
      const unended = { appId: idOf(appId), status: { $in: UNENDED } };
      const ids = deployments.documents
        .find(unended, { projection: { _id: 1 } })
        .sort(deployments.newestFirst);
      return (await ids.toArray()).map(({ _id }) => String(_id));
    },

    async keepLogTail(id, lines) {
      const kept = { $set: { buildLogs: lines } };
      return (await deployments.documents.updateOne(deployments.key(id), kept)).matchedCount > 0;
    },
  };
}

/** What a list is narrowed by. */
function conditionsOf(filter: DeploymentFilter) {
  const { ownerId, appId, status, skipped, branch, environment, creator, pullRequest } = filter;
  return {
    ownerId: is(ownerId),
    ...(appId === undefined ? {} : { appId: idOf(appId) }),
    ...(status === undefined ? {} : { status: is(status) }),
    ...(skipped === undefined ? {} : { skipped: skipped === 'only' ? { $ne: null } : null }),
    ...(branch === undefined ? {} : { branch: is(branch) }),
    ...(environment === undefined ? {} : { environment: is(environment) }),
    ...(creator === undefined ? {} : { 'creator.name': is(creator) }),
    ...(pullRequest === undefined ? {} : { 'pullRequest.number': is(pullRequest) }),
  };
}

const isRelease = ({ status, environment }: DeploymentRecord) =>
  status === 'success' && environment === 'production';

/** What stands beside the record, for other readers of the database. */
export function drawnOf(record: DeploymentRecord, publicUrl: string | null) {
  const { id, runner, artifacts } = record;
  const [first] = artifacts;
  const path = first === undefined ? null : `/dl/${id}/${encodeURIComponent(first.name)}`;
  return {
    runnerId: runner?.id ?? null,
    artifactUrl: path === null || publicUrl === null ? path : publicUrl + path,
  };
}
