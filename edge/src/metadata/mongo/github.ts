import type { Db } from 'mongodb';
import {
  type GithubAppRecord,
  type GithubStore,
  type InstallationRecord,
  MOST_INSTALLATIONS,
} from '../github.ts';
import { is, Records } from './database.ts';

export function createGithubStore(db: Db): GithubStore {
  const apps = new Records<GithubAppRecord>(db, 'githubApps');
  const installations = new Records<InstallationRecord>(db, 'githubInstallations');

  return {
    app: (host) => apps.first(apps.key(host)),

    githubApps: () => apps.all({}, { _id: 1 }),

    keepApp: (app) => apps.keep(app.host, app),

    async resealApp(host, from, to) {
      const kept = { ...apps.key(host), sealed: is(from) };
      return (await apps.documents.updateOne(kept, { $set: { sealed: to } })).matchedCount > 0;
    },

    async deleteApp(host, appId) {
      if ((await apps.remove({ ...apps.key(host), appId: is(appId) })) === 0) return false;
      await installations.remove({ host: is(host) });
      return true;
    },

    installation: (id) => installations.first(installations.key(id)),

    installations: (ownerId) =>
      installations.all({ ownerId: is(ownerId) }, { account: 1, _id: 1 }, MOST_INSTALLATIONS),

    async keepInstallation({ createdAt, ...facts }) {
      // A new one belongs to nobody; of one that is there, the team and the time stay.
      await installations.insert({ ...facts, ownerId: null, createdAt });
      const kept = await installations.change(facts.id, facts);
      if (kept === null) throw new Error(`Installation ${facts.id} was just written and is not there`);
      return kept;
    },

    async bindInstallation(id, ownerId) {
      await installations.update({ ...installations.key(id), ownerId: is(null) }, { $set: { ownerId } });
      const kept = await installations.first(installations.key(id));
      return kept?.ownerId === ownerId ? kept : null;
    },

    async unbindInstallation(id, ownerId) {
      const owned = { ...installations.key(id), ownerId: is(ownerId) };
      return (await installations.update(owned, { $set: { ownerId: null } })) !== null;
    },

    async unbindAll(ownerId) {
      await installations.documents.updateMany({ ownerId: is(ownerId) }, { $set: { ownerId: null } });
    },

    deleteInstallation: async (id) => (await installations.remove(installations.key(id))) > 0,
  };
}
