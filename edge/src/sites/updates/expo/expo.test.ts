import { env } from 'cloudflare:workers';
import { createHash, createVerify } from 'node:crypto';
import { ExpoSigningKey } from '@appflux/protocol';
import { parseMultipartMixedResponseAsync } from '@expo/multipart-body-parser';
import { parseDictionary } from 'structured-headers';
import { beforeAll, describe, expect, test } from 'vitest';
import { resealApp } from '../../../key-rotation/reseal.ts';
import { metadataOf } from '../../../metadata/index.ts';
import type { AppRecord } from '../../../metadata/metadata.ts';
import { newObjectId } from '../../../metadata/object-id.ts';
import { givenApp, givenDeployment } from '../../../publish/testing/published.ts';
import { createSealer } from '../../../secrets/sealing.ts';
import { forgetAll, request, signIn } from '../../../testing/worker.ts';
import type { ExpoManifest, ManifestAsset } from './manifest.ts';
import { CERTIFICATE, OTHER_PRIVATE_KEY, PRIVATE_KEY } from './testing/keys.ts';
import { givenUpdate } from './testing/published.ts';

const EMBEDDED = '00000000-0000-4000-8000-000000000000';

let token: string;
let ownerId: string;

beforeAll(async () => {
  await forgetAll();
  token = (await signIn()).access_token;
  const source = { provider: 'git', repoUrl: 'https://git.example/team/first.git' };
  await request('/api/apps', { method: 'POST', token, json: { name: 'First', slug: 'first', source } });
  ownerId = (await metadataOf(env).apps.bySlug('first'))?.ownerId ?? '';
});

const newApp = (members: Partial<AppRecord> = {}) =>
  givenApp({ slug: `app-${newObjectId()}`, ownerId, ...members });

/** Asks as an app that has an embedded update does. */
const ask = (slug: string, headers: Record<string, string> = {}) =>
  request(`/a/${slug}/updates/expo`, {
    headers: {
      accept: 'multipart/mixed,application/expo+json,application/json',
      'expo-protocol-version': '1',
      'expo-platform': 'android',
      'expo-runtime-version': '1.0.0',
      'expo-embedded-update-id': EMBEDDED,
      ...headers,
    },
  });

/** What an app receives. */
async function told(slug: string, headers: Record<string, string> = {}) {
  const response = await ask(slug, headers);
  const body = Buffer.from(await response.arrayBuffer());
  expect(response.status, body.toString()).toBe(200);
  const [part] = await parseMultipartMixedResponseAsync(response.headers.get('Content-Type') ?? '', body);
  const text = String(part?.body);
  const message = JSON.parse(text) as ExpoManifest & { type?: string; parameters?: { commitTime: string } };
  return { response, text, signature: part?.headers.get('expo-signature'), message };
}

/** The code of the update that an app gets; else the directive. */
async function code(slug: string, headers: Record<string, string> = {}): Promise<string> {
  const { message } = await told(slug, headers);
  return message.type ?? (await textOf(message.launchAsset));
}

const pathOf = ({ url }: ManifestAsset) => url.slice(env.PUBLIC_URL.length);
const textOf = async (asset: ManifestAsset) =>
  Buffer.from(await (await request(pathOf(asset))).arrayBuffer()).toString();

const release = (slug: string, deploymentId: string) =>
  request(`/api/apps/${slug}/release`, { method: 'POST', token, json: { deploymentId } });

describe('an app', () => {
  test('gets the update of the release, whose files have the hashes of the manifest', async () => {
    const app = await newApp();
    await givenUpdate(app, { runtimeVersion: '1.0.0', code: 'new()' });
    const { response, message } = await told(app.slug);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'expo-protocol-version': '1',
      'expo-sfv-version': '0',
      'cache-control': 'private, max-age=0',
    });
    expect(message).toMatchObject({
      runtimeVersion: '1.0.0',
      metadata: { channel: 'production' },
      extra: { expoClient: { slug: app.slug } },
    });
    const [picture] = message.assets;
    if (picture === undefined) throw new Error('There is no asset');
    for (const asset of [message.launchAsset, picture]) {
      expect(
        createHash('sha256')
          .update(await textOf(asset))
          .digest('base64url'),
      ).toBe(asset.hash);
    }
    const response2 = await request(pathOf(picture));
    expect(response2.headers.get('Content-Type')).toBe('image/png');
    expect(response2.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    await response2.body?.cancel();
    // It has the update then.
    expect(await code(app.slug, { 'expo-current-update-id': message.id.toUpperCase() })).toBe(
      'noUpdateAvailable',
    );
  });

  // The runtime decodes what it fetches; what is on the wire is checked with whole instances.
  test.each(['br', 'gzip', 'identity'])('gets its code as %s', async (encoding) => {
    const app = await newApp();
    const long = 'code();'.repeat(100);
    await givenUpdate(app, { runtimeVersion: '1.0.0', code: long });
    const { message } = await told(app.slug);
    const response = await request(pathOf(message.launchAsset), { headers: { 'Accept-Encoding': encoding } });
    expect(response.headers.get('Content-Encoding') ?? 'identity').toBe(encoding);
    const length = Number(response.headers.get('Content-Length'));
    expect(length === long.length).toBe(encoding === 'identity');
    expect(Buffer.from(await response.arrayBuffer()).toString()).toBe(long);
  });

  test('gets nothing for another platform, runtime version or channel', async () => {
    const app = await newApp();
    await givenUpdate(app, { runtimeVersion: '1.0.0', code: 'x' });
    for (const headers of [
      { 'expo-platform': 'ios' },
      { 'expo-runtime-version': '2.0.0' },
      { 'expo-channel-name': 'preview' },
    ])
      expect(await code(app.slug, headers), JSON.stringify(headers)).toBe('noUpdateAvailable');
  });

  test('of an older runtime version keeps its update', async () => {
    const app = await newApp();
    await givenUpdate(app, { runtimeVersion: '1.0.0', code: 'one', ios: true });
    expect(await code(app.slug)).toBe('one');
    await givenUpdate(app, { runtimeVersion: '2.0.0', code: 'two' });
    expect(await code(app.slug)).toBe('one');
    expect(await code(app.slug, { 'expo-platform': 'ios' })).toBe('one');
    expect(await code(app.slug, { 'expo-runtime-version': '2.0.0' })).toBe('two');
  });

  test('goes back with the release, to something that is newer to it', async () => {
    const app = await newApp();
    const first = await givenUpdate(app, { runtimeVersion: '1.0.0', code: 'one' });
    const before = (await told(app.slug)).message;
    await givenUpdate(app, { runtimeVersion: '1.0.0', code: 'two' });
    const bad = (await told(app.slug)).message;
    expect(await textOf(bad.launchAsset)).toBe('two');
    expect((await release(app.slug, first.id)).status).toBe(200);
    const back = (await told(app.slug, { 'expo-current-update-id': bad.id })).message;
    expect(await textOf(back.launchAsset)).toBe('one');
    expect(back.id).not.toBe(before.id);
    expect(back.createdAt > bad.createdAt).toBe(true);
  });

  test('goes back to its embedded update when the release has none, and by a call', async () => {
    const app = await newApp();
    const bare = await givenDeployment(app, { 'app.apk': 'x' });
    await givenUpdate(app, { runtimeVersion: '1.0.0', code: 'one' });
    const { id, createdAt } = (await told(app.slug)).message;
    const update = (await metadataOf(env).apps.byId(app.id))?.release ?? '';
    await release(app.slug, bare.id);
    const { message } = await told(app.slug, { 'expo-current-update-id': id });
    expect(message).toEqual({
      type: 'rollBackToEmbedded',
      parameters: { commitTime: expect.stringMatching(/^\d{4}-.*Z$/) },
    });
    expect((message.parameters?.commitTime ?? '') > createdAt).toBe(true);
    expect(await code(app.slug, { 'expo-current-update-id': EMBEDDED })).toBe('noUpdateAvailable');

    await release(app.slug, update);
    expect(await code(app.slug)).toBe('one');
    const rollback = { runtimeVersion: '1.0.0', platforms: ['android'] };
    const called = await request(`/api/apps/${app.slug}/updates/expo/rollback`, {
      method: 'POST',
      token,
      json: rollback,
    });
    expect(called.status).toBe(204);
    expect(await code(app.slug)).toBe('rollBackToEmbedded');
    const audit = await (await request('/api/audit', { token })).text();
    expect(audit).toContain('expo_update.roll_back');
  });

  test('that accepts only JSON gets updates, and a refusal in place of directives', async () => {
    const app = await newApp();
    await givenUpdate(app, { runtimeVersion: '1.0.0', code: 'x' });
    const update = await ask(app.slug, { accept: 'application/expo+json' });
    expect(update.headers.get('Content-Type')).toBe('application/expo+json');
    const { id } = (await update.json()) as ExpoManifest;
    const nothing = await ask(app.slug, { accept: 'application/json', 'expo-current-update-id': id });
    expect(nothing.status).toBe(406);
    expect(await nothing.text()).toContain('not_acceptable');
  });
});

describe('the feed', () => {
  test.each([
    [{ 'expo-protocol-version': '0' }, 406],
    [{ accept: 'text/html' }, 406],
    [{ 'expo-platform': 'windows' }, 400],
    [{ 'expo-runtime-version': '' }, 400],
    [{ 'expo-channel-name': 'main' }, 400],
    [{ 'expo-expect-signature': 'sig, keyid="main", alg="rsa-v1_5-sha256"' }, 400],
    [{ 'expo-expect-signature': '((((' }, 400],
  ])('refuses %j with %i', async (headers, status) => {
    const app = await newApp();
    await givenUpdate(app, { runtimeVersion: '1.0.0', code: 'x' });
    expect((await ask(app.slug, headers as Record<string, string>)).status).toBe(status);
  });

  test('is there for no app that there is not, and has nothing for one without a release', async () => {
    expect((await ask('not-there')).status).toBe(404);
    const app = await newApp();
    expect(await code(app.slug)).toBe('noUpdateAvailable');
  });

  test('gives away only files of this app’s updates', async () => {
    const [app, other] = [await newApp(), await newApp()];
    const { id } = await givenUpdate(app, { runtimeVersion: '1.0.0', code: 'x' });
    const asset = pathOf((await told(app.slug)).message.launchAsset);
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    const at = (slug: string, deployment: string, sha256: string) =>
      `/a/${slug}/updates/expo/assets/${deployment}/${sha256}`;
    expect(asset).toBe(at(app.slug, id, hash('x')));
    for (const path of [
      at(other.slug, id, hash('x')),
      at(app.slug, newObjectId(), hash('x')),
      at(app.slug, id, hash('secret')),
      at(app.slug, id, hash('y')),
      at(app.slug, id, '..%2F..'),
      at(app.slug, '__proto__', hash('x')),
    ])
      expect((await request(path)).status, path).toBe(404);
    expect((await request(asset, { method: 'HEAD' })).status).toBe(200);
  });
});

describe('a signing key', () => {
  const keyPath = (slug: string) => `/api/apps/${slug}/updates/expo/signing-key`;
  const EXPECTED = { 'expo-expect-signature': 'sig, keyid="root", alg="rsa-v1_5-sha256"' };

  const verified = ({ text, signature }: { text: string; signature: unknown }) =>
    createVerify('RSA-SHA256')
      .update(text)
      .verify(CERTIFICATE, String(parseDictionary(String(signature)).get('sig')?.[0]), 'base64');

  test('signs manifests and directives, so that the certificate verifies them', async () => {
    const app = await newApp();
    await givenUpdate(app, { runtimeVersion: '1.0.0', code: 'x' });
    const json = { privateKey: PRIVATE_KEY, certificate: CERTIFICATE, keyId: 'root' };
    const put = await request(keyPath(app.slug), { method: 'PUT', token, json });
    expect(put.status).toBe(200);
    expect(ExpoSigningKey.parse(await put.json())).toMatchObject({ keyId: 'root', certificate: CERTIFICATE });
    const update = await told(app.slug, EXPECTED);
    expect(verified(update)).toBe(true);
    expect(verified({ ...update, text: `${update.text} ` })).toBe(false);
    const directive = await told(app.slug, { ...EXPECTED, 'expo-current-update-id': update.message.id });
    expect(directive.message.type).toBe('noUpdateAvailable');
    expect(verified(directive)).toBe(true);
    // An app that expects nothing gets nothing.
    expect((await told(app.slug)).signature).toBeUndefined();
    expect((await ask(app.slug, { 'expo-expect-signature': 'sig, keyid="main"' })).status).toBe(400);
  });

  test('is checked, stored encrypted, never given back, and deleted', async () => {
    const app = await newApp();
    const wrong = { privateKey: OTHER_PRIVATE_KEY, certificate: CERTIFICATE };
    const refused = await request(keyPath(app.slug), { method: 'PUT', token, json: wrong });
    expect(refused.status).toBe(422);
    expect(await refused.text()).not.toContain('PRIVATE KEY');
    expect((await request(keyPath(app.slug), { token })).status).toBe(404);

    const json = { privateKey: PRIVATE_KEY, certificate: CERTIFICATE };
    await request(keyPath(app.slug), { method: 'PUT', token, json });
    const shown = await (await request(keyPath(app.slug), { token })).text();
    expect(shown).toContain('"keyId":"main"');
    expect(shown).not.toContain('PRIVATE KEY');
    const rows = await env.METADATA.prepare('SELECT * FROM expo_signing_keys').all();
    expect(JSON.stringify(rows.results)).not.toContain('PRIVATE KEY');
    expect(await (await request('/api/audit', { token })).text()).toContain('expo_key.set');

    expect((await request(keyPath(app.slug), { method: 'DELETE', token })).status).toBe(204);
    expect((await request(keyPath(app.slug), { method: 'DELETE', token })).status).toBe(404);
  });

  test('is resealed with the instance’s new key', async () => {
    const app = await newApp();
    await givenUpdate(app, { runtimeVersion: '1.0.0', code: 'x' });
    const json = { privateKey: PRIVATE_KEY, certificate: CERTIFICATE, keyId: 'root' };
    await request(keyPath(app.slug), { method: 'PUT', token, json });
    const rotated = {
      ...env,
      SEALING_KEY: Buffer.alloc(32, 9).toString('base64'),
      SEALING_KEY_PREVIOUS: env.SEALING_KEY,
    };
    expect(await resealApp(app, metadataOf(env), createSealer(rotated))).toBe(1);
    const back = { ...env, SEALING_KEY_PREVIOUS: rotated.SEALING_KEY };
    expect(await resealApp(app, metadataOf(env), createSealer(back))).toBe(1);
    expect(verified(await told(app.slug, EXPECTED))).toBe(true);
  });
});
