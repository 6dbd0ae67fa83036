import { text } from '../d1/columns.ts';
import { siteAppById } from '../d1/sites.ts';
import type { SiteStore } from '../sites.ts';
import type { Located } from './located.ts';
import type { Shards } from './shards.ts';

/** What sites need: apps and the labels of branches are in the directory, deployments in the databases of their teams. */
export function createSiteStore(shards: Shards, at: Located): SiteStore {
  const { directory } = shards;
  const byDeployment: SiteStore['byDeployment'] = (id) =>
    at.first(id, async (shard) => {
      const site = await shard.metadata.sites.byDeployment(id);
      if (site === null || shard === directory) return site;
      const app = await siteAppById(directory.database, site.app.id);
      return app && { app, deployment: site.deployment };
    });

  return {
    ...directory.metadata.sites,
    byDeployment,

    async byLabel(label) {
      const [here, alias] = await Promise.all([
        directory.metadata.sites.byLabel(label),
        directory.database.first('SELECT app_id, deployment_id FROM site_aliases WHERE label = ?', label),
      ]);
      if (here !== null || alias === null) return here;
      const site = await byDeployment(text(alias, 'deployment_id'));
      return site?.app.id === text(alias, 'app_id') ? site : null;
    },

    async published(ids) {
      const found = [...(await at.find(ids))];
      const published = await Promise.all(found.map(([shard, own]) => shard.metadata.sites.published(own)));
      return published.flat();
    },
  };
}
