import { type DeploymentSite, formatBytes, formatNumber } from '@appflux/protocol';

const files = (count: number): string => `${formatNumber(count)} ${count === 1 ? 'file' : 'files'}`;

/** What was published: `1,204 files, 12 MB`. */
export const publishedFiles = (site: DeploymentSite): string =>
  `${files(site.files)}, ${formatBytes(site.bytes)}`;

/** What storage did not have yet: `3 new, 12 kB`. */
export const newFiles = ({ newFiles: count, newBytes }: DeploymentSite): string =>
  count === 0 ? 'All unchanged' : `${formatNumber(count)} new, ${formatBytes(newBytes)}`;
