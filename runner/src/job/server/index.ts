/** Publishing of sites with and without a server: what an output folder holds is packed for the edge. */
import { own } from '../../masking/sentence.ts';
import { JobFailure } from '../../step-context.ts';
import type { PublishFolder } from '../collect/index.ts';
import type { BaseOptions } from '../site/base.ts';
import { sitePublisher } from '../site/index.ts';
import { packPublication } from '../site/publish.ts';
import { isServerOutput, type ServerProject, serverFolder } from './folder.ts';

/** Publishes folders with a start page, and those with a packed server, over an attempt's connection. */
export function outputPublisher(project: ServerProject, options: BaseOptions): PublishFolder {
  const publishSite = sitePublisher(project, options);
  return async (output, ctx) => {
    if (!isServerOutput(output)) return publishSite(output, ctx);
    if (!options.connection.runsServers) throw runsNoServers();
    const { name, path, maxBytes, folder } = output;
    const shown = folder === '' ? '.' : folder;
    const site = await serverFolder(output, project, ctx);
    return packPublication({ kind: 'site', ...site }, { ...options, name, path, maxBytes, shown }, ctx);
  };
}

const runsNoServers = (): JobFailure =>
  new JobFailure('settings_invalid', own('This instance runs no servers of sites'), {
    hint: own(
      'Ask its administrator to run the server host (docs/server-sites.md), or publish a static output.',
    ),
  });
