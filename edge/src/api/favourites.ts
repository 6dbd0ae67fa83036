/** Favourites: apps that a person wants at the top of their lists. */
import { AppFluxError, Slug } from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type ApiEnv, bearer, needs, refusals, router } from '../http/router.ts';
import { MOST_FAVOURITES } from '../metadata/app-lists.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { ownedApp } from './apps.ts';

const shared = {
  path: '/api/apps/{slug}/favourite',
  tags: ['apps'],
  security: bearer,
  middleware: needs('apps:read'),
  request: { params: z.object({ slug: Slug }) },
};

export const favourites = router();

favourites.openapi(
  createRoute({
    ...shared,
    method: 'put',
    summary: 'Mark an app as your favourite',
    description: 'Favourites are personal: other members of the team don’t see them, and tokens have none.',
    responses: { 204: { description: 'Marked' }, ...refusals },
  }),
  async (c) => {
    const { app, userId } = await asked(c, c.req.valid('param').slug);
    const { appLists } = c.get('metadata');
    const known = await appLists.favourites(userId, app.ownerId);
    if (known.length >= MOST_FAVOURITES && !known.includes(app.id)) {
      throw new AppFluxError('unprocessable', `You can have ${MOST_FAVOURITES} favourites at most`, {
        hint: 'Remove one first.',
      });
    }
    await appLists.addFavourite(userId, app.id, new Date().toISOString());
    return c.body(null, 204);
  },
);

favourites.openapi(
  createRoute({
    ...shared,
    method: 'delete',
    summary: 'Remove an app from your favourites',
    responses: { 204: { description: 'Removed' }, ...refusals },
  }),
  async (c) => {
    const { app, userId } = await asked(c, c.req.valid('param').slug);
    await c.get('metadata').appLists.removeFavourite(userId, app.id);
    return c.body(null, 204);
  },
);

/** The app, and the person who calls. Throws `unprocessable` for a program. */
async function asked(c: Context<ApiEnv>, slug: string): Promise<{ app: AppRecord; userId: string }> {
  const { kind, id, ownerId } = c.get('caller');
  const app = await ownedApp(c.get('metadata'), ownerId, slug);
  if (kind === 'user' && id !== null) return { app, userId: id };
  throw new AppFluxError('unprocessable', 'Only people have favourites', {
    hint: 'Sign in to the dashboard to mark favourites. Tokens have none.',
  });
}
