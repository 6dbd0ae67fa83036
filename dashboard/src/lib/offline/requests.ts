/** Which requests of a page the service worker answers. All others go to the network as if there were no worker. */

/** The paths that belong to the dashboard. */
export interface DashboardPaths {
  /** The first segments of its routes, such as `apps`; the overview has the empty one. */
  readonly pages: ReadonlySet<string>;
  /** Files whose names stay when their content changes, such as `/theme.js`. */
  readonly statics: ReadonlySet<string>;
}

/** The part of a Request that decides. */
export interface Asked {
  readonly method: string;
  readonly mode: RequestMode;
  readonly url: string;
}

export type RequestKind =
  /** A page of the dashboard, opened or reloaded. */
  | 'page'
  /** A file with a hash of its content in its name: it never changes. */
  | 'file'
  | 'static'
  | 'other';

/** Each language has a folder of its own within `_appflux` or beside it, with the hashed files of its build. */
const HASHED_FILE = /^\/_appflux(?:[-_/][\w-]+)?\/immutable\/[\w./-]+$/;

/** Whether a path is that of a hashed file of the dashboard. */
export const isHashedFile = (path: string): boolean => HASHED_FILE.test(path);

/** The paths of the dashboard, from the ids of its routes and the paths of its static files. */
export function dashboardPaths(routeIds: readonly string[], staticPaths: readonly string[]): DashboardPaths {
  const segments = routeIds.map((id) => id.split('/')[1] ?? '');
  return {
    // A page whose first segment is a parameter would make every path one of the dashboard.
    pages: new Set(segments.filter((segment) => /^[\w-]*$/.test(segment))),
    statics: new Set(staticPaths.map((path) => `/${path.replace(/^\//, '')}`)),
  };
}

/** What a request is for. `origin` is that of the service worker. */
export function kindOf({ method, mode, url }: Asked, origin: string, paths: DashboardPaths): RequestKind {
  const { origin: asked, pathname } = new URL(url);
  if (method !== 'GET' || asked !== origin) return 'other';
  if (mode === 'navigate') return isPage(pathname, paths) ? 'page' : 'other';
  if (isHashedFile(pathname)) return 'file';
  return paths.statics.has(pathname) ? 'static' : 'other';
}

/** Whether a path is that of a page of the dashboard. */
export const isPage = (path: string, { pages }: DashboardPaths): boolean =>
  pages.has(path.split('/')[1] ?? '');
