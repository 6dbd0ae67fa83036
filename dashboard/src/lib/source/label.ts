/** How a source is shown. Apart from the checks of forms, which need more of the protocol. */
import { type AppSource, isSshUrl } from '@appflux/protocol';

/** Where a source can be opened in a browser; null if that isn't known. */
export const sourcePage = (source: AppSource): string | null =>
  source.provider === 'upload' || isSshUrl(source.repoUrl) ? null : source.repoUrl;

/** A source's label: `owner/name` on GitHub, host and path elsewhere, or that it was uploaded. */
export function sourceLabel(source: AppSource): string {
  if (source.provider === 'upload') return 'ZIP upload';
  const url = new URL(source.repoUrl);
  const path = url.pathname.replace(/^\/|\.git$/g, '');
  return source.provider === 'github' ? path : `${url.host}/${path}`;
}
