import { AppFluxError, type AppType } from '@appflux/protocol';
import type { Db } from 'mongodb';
import type { AppRecord, AppStore, DeploymentRecord, TokenRecord } from '../metadata.ts';
import { newRevision } from '../server-revision.ts';
import { forgetBuilds } from './build-days.ts';
import { is, Records } from './database.ts';
import { idOf } from './documents.ts';

/** That the name or the slug holds a text, as it is written, but for the case of A to Z. */
function holding(search: string) {
  const letters = /[A-Za-z]/;
  const pattern = [...search].map((character) =>
    letters.test(character)
      ? `[${character.toLowerCase()}${character.toUpperCase()}]`
      : character.replace(/[\\^$.*+?()[\]{}|]/, '\\$&'),
  );
  const regex = { $regex: pattern.join('') };
  return { $or: [{ name: regex }, { slug: regex }] };
}

/** How many apps of one repository are given at most. */
const MOST_OF_REPOSITORY = 100;

/** The members that make a deployment the release. */
export const pointTo = (
  deploymentId: string,
  { previous, at, detectedType }: { previous: string | null; at: string; detectedType: AppType | null },
) => ({
  release: idOf(deploymentId),
  previousRelease: previous === null ? null : idOf(previous),
  releasedAt: new Date(at),
  ...(detectedType !== null && { detectedType }),
});

export function createAppStore(db: Db): AppStore {
  const apps = new Records<AppRecord>(db, 'apps');
  const deployments = new Records<DeploymentRecord>(db, 'deployments');
  const files = new Records(db, 'appFiles');
  const tokens = new Records<TokenRecord>(db, 'tokens');

  return {
    async insert(app) {
      if (await apps.insert(app, { builds: 0 })) return;
      if (await apps.first({ slug: is(app.slug) })) {
        throw new AppFluxError('slug_taken', `An app with the slug ${app.slug} already exists`, {
          hint: 'Choose a different slug.',
        });
      }
      throw new Error(`There is an app with the id ${app.id} already`);
    },

    byId: (id) => apps.first(apps.key(id)),
    bySlug: (slug) => apps.first({ slug: is(slug) }),
    byIds: (ids) => apps.all({ _id: { $in: ids.map(idOf) } }, { _id: 1 }),
    list: (ownerId, page, search) =>
      apps.page({ ownerId: is(ownerId), ...(search === undefined ? {} : holding(search)) }, page),
    all: (after, limit) => apps.walk(after, limit),
    update: (id, change, revision) =>
      apps.change(
        id,
        change,
        revision === undefined ? {} : { settingsRevision: revision === null ? null : is(revision) },
      ),

    async ofRepository(ownerId, { repoKey, repositoryId = null }) {
      const named = { repoKey: is(repoKey), ...(repositoryId === null ? {} : { repositoryId: null }) };
      const repository = repositoryId === null ? named : { $or: [{ repositoryId: is(repositoryId) }, named] };
      const owned = ownerId === null ? {} : { ownerId: is(ownerId) };
      return apps.all({ ...owned, ...repository }, { createdAt: 1, _id: 1 }, MOST_OF_REPOSITORY);
    },

    dueSchedules: (now, limit) =>
      apps.all({ scheduleDueAt: { $lte: new Date(now) } }, { scheduleDueAt: 1 }, limit),

    async replaceSchedules(id, revision, schedules) {
      const looked = { ...apps.key(id), schedulesRevision: revision === null ? null : is(revision) };
      return (await apps.update(looked, { $set: apps.document(schedules) })) !== null;
    },

    async release(id, { deploymentId, from, at, detectedType }) {
      for (;;) {
        const app = await apps.first(apps.key(id));
        if (app === null || app.release === deploymentId) return app;
        if (from !== undefined && app.release !== from) return app;
        const looked = { ...apps.key(id), release: app.release === null ? null : idOf(app.release) };
        const change = pointTo(deploymentId, { previous: app.release, at, detectedType });
        const released = await apps.update(looked, { $set: change });
        if (released !== null) return released;
      }
    },

    async releases(ids) {
      const released = apps.documents.find(
        { _id: { $in: ids.map(idOf) }, release: { $ne: null } },
        { projection: { release: 1 } },
      );
      return (await released.toArray()).map(({ release }) => String(release));
    },

    async setVariable(id, name, variable) {
      await apps.update(apps.key(id), {
        $set: { [`envVars.${name}`]: variable, serverRevision: newRevision() },
      });
    },

    async changeVariable(id, name, change) {
      const path = `envVars.${name}`;
      const members = Object.entries(change).map(([member, value]) => [`${path}.${member}`, value]);
      const { matchedCount } = await apps.documents.updateOne(
        { ...apps.key(id), [path]: { $exists: true } },
        { $set: { ...Object.fromEntries(members), serverRevision: newRevision() } },
      );
      return matchedCount > 0;
    },

    async resealVariables(id, values) {
      let resealed = 0;
      for (const { name, from, to } of values) {
        const path = `envVars.${name}.sealed`;
        const filter = { ...apps.key(id), [path]: is(from) };
        resealed += (await apps.documents.updateOne(filter, { $set: { [path]: to } })).matchedCount;
      }
      return resealed;
    },

    async deleteVariable(id, name) {
      const path = `envVars.${name}`;
      const { modifiedCount } = await apps.documents.updateOne(
        { ...apps.key(id), [path]: { $exists: true } },
        { $unset: { [path]: '' }, $set: { serverRevision: newRevision() } },
      );
      return modifiedCount > 0;
    },

    async nextBuildNumber(id) {
      const counted = await apps.documents.findOneAndUpdate(
        apps.key(id),
        { $inc: { builds: 1 } },
        { returnDocument: 'after' },
      );
      if (counted === null) throw new AppFluxError('not_found', 'App not found');
      return Number(counted.builds);
    },

    async delete(id) {
      // The app goes first: from then on nothing is added to it (see `ofApp`), so what is removed stays removed.
      const removed = await apps.remove(apps.key(id));
      await deployments.remove({ appId: idOf(id) });
      await files.remove({ appId: idOf(id) });
      for (const name of ['siteAliases', 'domains', 'expoUpdates', 'releaseDetails', 'favourites'] as const)
        await new Records(db, name).remove({ appId: idOf(id) });
      for (const name of ['expoSigningKeys', 'sourceCredentials'] as const)
        await new Records(db, name).remove({ _id: idOf(id) });
      for (const name of ['downloads', 'artifactDownloads'] as const) {
        await new Records(db, name).remove({ appId: idOf(id) });
      }
      await forgetBuilds(db, id);
      await tokens.remove({ appId: is(id) });
      return removed > 0;
    },
  };
}

/**
 * Writes something that belongs to an app; gives null, and keeps nothing, when there is no such app. `undo` removes
 * what was written when the app was deleted at the same time.
 */
export async function ofApp<Result>(
  db: Db,
  appId: string,
  write: () => Promise<Result>,
  undo: () => Promise<unknown>,
): Promise<Result | null> {
  const apps = new Records<AppRecord>(db, 'apps');
  const isThere = async () => (await apps.documents.countDocuments(apps.key(appId), { limit: 1 })) > 0;
  if (!(await isThere())) return null;
  const result = await write();
  if (await isThere()) return result;
  await undo();
  return null;
}
