/** Versions of the dashboard, and which of them are still needed. */

/** The mark of app.html. Every page of the dashboard has it, and no other product's page does. */
const MARK = /<meta name="appflux-version" content="(?<version>[\w.-]{1,100})"/;

const VERSION = /^[\w.-]{1,100}$/;

/** The version of a page of the dashboard; null if the HTML is none. */
export const versionOf = (html: string): string | null => MARK.exec(html)?.groups?.version ?? null;

export const isVersion = (value: unknown): value is string =>
  typeof value === 'string' && VERSION.test(value);

/**
 * The versions whose files can be removed: neither the current one nor in use by an open page.
 * @param kept the versions of which there are files
 * @param current the version that the next page gets; null if it isn't known
 * @param open the versions of the open pages. While one is unknown (null), nothing can be removed.
 */
export function unusedVersions(
  kept: readonly string[],
  current: string | null,
  open: readonly (string | null)[],
): string[] {
  if (current === null || open.includes(null)) return [];
  return kept.filter((version) => version !== current && !open.includes(version));
}

/** What a response to the request for the worker's own script says about it. */
export interface ScriptAnswer {
  readonly status: number;
  readonly contentType: string | null;
}

/**
 * Whether the worker's script is gone from the server, so that the worker has to go, too. Errors of the server or of a
 * proxy don't say so. Where a file is missing, a server of single-page apps answers with a page.
 */
export const isScriptGone = ({ status, contentType }: ScriptAnswer): boolean =>
  status === 404 || status === 410 || (status === 200 && !/javascript/i.test(contentType ?? ''));
