import type { Db } from 'mongodb';
import type { AppRecord, KeptDeployment } from '../metadata.ts';
import { newestFirst } from '../paging.ts';
import {
  isSite,
  isUntrusted,
  type SiteAlias,
  type SiteApp,
  type SiteDeployment,
  type SiteStore,
  siteAppOf,
} from '../sites.ts';
import { ofApp } from './apps.ts';
import { is, Records } from './database.ts';
import { idOf } from './documents.ts';

export function createSiteStore(db: Db): SiteStore {
  const apps = new Records<AppRecord>(db, 'apps');
  const deployments = new Records<KeptDeployment>(db, 'deployments');
  const aliases = new Records<SiteAlias>(db, 'siteAliases');

  async function siteOf(
    id: string,
    appId: string | null,
  ): Promise<{ app: SiteApp; deployment: SiteDeployment } | null> {
    const found = await deployments.first(deployments.key(id));
    if (found === null || (appId !== null && found.appId !== appId)) return null;
    const app = await apps.first(apps.key(found.appId));
    if (app === null) return null;
    const { status, environment, promotedAt, artifactsRemovedAt } = found;
    const marks = { promotedAt, artifactsRemovedAt, isUntrusted: isUntrusted(found) };
    return { app: siteAppOf(app), deployment: { id, status, environment, ...marks } };
  }

  /** Writes the alias in the place of an older one; another one that comes at the same time is looked at as well. */
  async function write(alias: SiteAlias): Promise<void> {
    for (;;) {
      const kept = await aliases.first(aliases.key(alias.label));
      if (kept === null) {
        if (await aliases.insert(alias)) return;
        continue;
      }
      if (kept.appId === alias.appId && newestFirst(placeOf(kept), placeOf(alias)) <= 0) return;
      const looked = {
        ...aliases.key(alias.label),
        appId: idOf(kept.appId),
        deploymentId: idOf(kept.deploymentId),
      };
      const { _id, ...members } = aliases.document(alias);
      if ((await aliases.documents.updateOne(looked, { $set: members })).matchedCount > 0) return;
    }
  }

  return {
    async bySlug(slug) {
      const app = await apps.first({ slug: is(slug) });
      return app && siteAppOf(app);
    },

    byDeployment: (id) => siteOf(id, null),

    async byLabel(label) {
      const alias = await aliases.first(aliases.key(label));
      return alias && siteOf(alias.deploymentId, alias.appId);
    },

    async published(deploymentIds) {
      if (deploymentIds.length === 0) return [];
      const found = await deployments.all({ _id: { $in: deploymentIds.map(idOf) } }, { _id: 1 });
      return found.filter(isSite).map(({ id }) => id);
    },

    async point(alias) {
      await ofApp(
        db,
        alias.appId,
        () => write(alias),
        () => aliases.remove(aliases.key(alias.label)),
      );
    },

    async unpoint({ label, appId, createdBefore }) {
      const pointed = { ...aliases.key(label), appId: is(idOf(appId)) };
      return (await aliases.remove({ ...pointed, createdAt: { $lte: new Date(createdBefore) } })) > 0;
    },
  };
}

const placeOf = ({ createdAt, deploymentId }: SiteAlias) => ({ at: createdAt, id: deploymentId });
