/** The routes of the API, for tests that have a line for each. */
import { api } from '../index.ts';

/** Each route as `GET /api/apps/:slug`; not the dashboard's files, the public pages and the auth surface. */
export const API_ROUTES: readonly string[] = [
  ...new Set(
    api.routes
      .filter(({ method, path }) => method !== 'ALL' && /^\/(?:api|hooks)\//.test(path))
      .map(({ method, path }) => `${method} ${path.replace(/\{.*?\}$/, '')}`),
  ),
].sort();
