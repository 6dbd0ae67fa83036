/** For tests: visitors of sites. */
import { exports } from 'cloudflare:workers';

/** A request for a host of sites, as if from outside. */
export const ask = (host: string, path: string, init: RequestInit = {}): Promise<Response> =>
  exports.default.fetch(new Request(`http://${host}${path}`, { redirect: 'manual', ...init }));

/** The host of an app's release. */
export const hostOf = ({ slug }: { slug: string }): string => `${slug}.sites.localhost:8787`;

/** A GET of an app's release. */
export const visit = (
  app: { slug: string },
  path: string,
  headers: Record<string, string> = {},
): Promise<Response> => ask(hostOf(app), path, { headers });
