/** Publishing of sites: what an output folder holds is packed for the edge. */
import type { PublishFolder } from '../collect/index.ts';
import type { BaseOptions } from './base.ts';
import { type SiteProject, siteFolder } from './folder.ts';
import { packPublication } from './publish.ts';

/** Publishes folders with a start page, over an attempt's connection. */
export const sitePublisher =
  (project: SiteProject, options: BaseOptions): PublishFolder =>
  async (output, ctx) => {
    if (!options.connection.publishesSites) return undefined;
    const site = await siteFolder(output, project, ctx);
    if (site === null) return undefined;
    const { name, path, maxBytes, folder } = output;
    const shown = folder === '' ? '.' : folder;
    return packPublication({ kind: 'site', ...site }, { ...options, name, path, maxBytes, shown }, ctx);
  };
