import type { DeploymentSite } from '@appflux/protocol';
import { formatBytes } from '#lib/format/bytes.ts';
import { formatNumber, plural } from '#lib/format/number.ts';

const files = (count: number): string => plural(count, ['# file', '# files']);

/** What was published: `1,204 files, 12 MB`, `with a server` where the site has one. */
export const publishedFiles = (site: DeploymentSite): string =>
  `${files(site.files)}, ${formatBytes(site.bytes)}${site.kind === 'server' ? ', with a server' : ''}`;

/** What storage did not have yet: `3 new, 12 kB`. */
export const newFiles = ({ newFiles: count, newBytes }: DeploymentSite): string =>
  count === 0 ? 'All unchanged' : `${formatNumber(count)} new, ${formatBytes(newBytes)}`;
