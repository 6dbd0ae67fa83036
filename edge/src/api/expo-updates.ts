/** Updates of Expo apps: the key that signs them, and the way back. The feed itself is edge/src/sites/updates/. */
import { AppFluxError, ExpoRollback, ExpoSigningKey, ExpoSigningKeyInput, Slug } from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { audited, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import type { ExpoKeyRecord } from '../metadata/expo.ts';
import { createSealer, expoKeyLabel } from '../secrets/sealing.ts';
import { rowsForRollback } from '../sites/updates/expo/history.ts';
import { recordRelease } from '../sites/updates/expo/record.ts';
import { checkedKey } from '../sites/updates/expo/signing.ts';
import { ownedApp } from './apps.ts';

const BySlug = z.object({ slug: Slug });
const KEY_PATH = '/api/apps/{slug}/updates/expo/signing-key';

export const expoUpdates = router();

expoUpdates.openapi(
  createRoute({
    method: 'get',
    path: KEY_PATH,
    summary: 'Show the key that signs updates of an Expo app',
    description: 'Without its private part, which can’t be read back.',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('apps:read')] as const,
    request: { params: BySlug },
    responses: { 200: json(ExpoSigningKey, 'The key'), ...refusals },
  }),
  async (c) => {
    const { slug } = c.req.valid('param');
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, slug);
    const key = await c.get('metadata').expo.signingKey(app.id);
    if (key === null) throw noKey(slug);
    return c.json(shown(key), 200);
  },
);

expoUpdates.openapi(
  createRoute({
    method: 'put',
    path: KEY_PATH,
    summary: 'Set the key that signs updates of an Expo app',
    description:
      'An RSA key and the certificate that the app embeds, as `npx expo-updates codesigning:generate` creates them. The private key is encrypted and can’t be read back. Updates are signed with it from the next request on.',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('variables:write')] as const,
    request: { params: BySlug, body: jsonBody(ExpoSigningKeyInput) },
    responses: { 200: json(ExpoSigningKey, 'The key'), ...refusals },
  }),
  async (c) => {
    const { slug } = c.req.valid('param');
    const { keyId, ...input } = c.req.valid('json');
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, slug);
    const now = new Date();
    const { privateKey, certificate, expiresAt } = checkedKey(input, now);
    const sealed = await createSealer(c.env).seal(privateKey, expoKeyLabel(app.id));
    const key = { keyId, certificate, expiresAt, sealed, createdAt: now.toISOString() };
    await c.get('metadata').expo.setSigningKey(app.id, key);
    await audited(c, 'expo_key.set', { kind: 'app', id: app.id, name: `${slug}: ${keyId}` });
    return c.json(shown(key), 200);
  },
);

expoUpdates.openapi(
  createRoute({
    method: 'delete',
    path: KEY_PATH,
    summary: 'Delete the key that signs updates of an Expo app',
    description: 'Apps that expect a signature get no updates any more.',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('variables:write')] as const,
    request: { params: BySlug },
    responses: { 204: { description: 'Deleted' }, ...refusals },
  }),
  async (c) => {
    const { slug } = c.req.valid('param');
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, slug);
    if (!(await c.get('metadata').expo.deleteSigningKey(app.id))) throw noKey(slug);
    await audited(c, 'expo_key.delete', { kind: 'app', id: app.id, name: slug });
    return c.body(null, 204);
  },
);

expoUpdates.openapi(
  createRoute({
    method: 'post',
    path: '/api/apps/{slug}/updates/expo/rollback',
    summary: 'Roll Expo apps back to their embedded update',
    description:
      'Apps of this runtime version go back to the update in their package, until the next release. To go back to an earlier update instead, release its deployment.',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('deployments:write')] as const,
    request: { params: BySlug, body: jsonBody(ExpoRollback) },
    responses: { 204: { description: 'Apps go back with their next request' }, ...refusals },
  }),
  async (c) => {
    const { slug } = c.req.valid('param');
    const { runtimeVersion, platforms, environment = 'production' } = c.req.valid('json');
    const metadata = c.get('metadata');
    const app = await ownedApp(metadata, c.get('caller').ownerId, slug);
    // What the release has published comes before this in the history, or the feed would record it after it.
    await recordRelease(app, metadata);
    const at = new Date().toISOString();
    await metadata.expo.record(
      rowsForRollback({ appId: app.id, at }, environment, runtimeVersion, platforms),
    );
    const name = `${slug}: ${environment}, ${runtimeVersion}`;
    await audited(c, 'expo_update.roll_back', { kind: 'app', id: app.id, name });
    return c.body(null, 204);
  },
);

const shown = ({ keyId, certificate, expiresAt, createdAt }: ExpoKeyRecord): ExpoSigningKey => ({
  keyId,
  certificate,
  expiresAt,
  createdAt,
});

const noKey = (slug: string): AppFluxError =>
  new AppFluxError('not_found', `${slug} has no key that signs updates`);
