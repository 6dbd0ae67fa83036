/**
 * Updates of an Expo app, from an output of `expo export` to what a phone downloads: the real runner and control plane,
 * the documented requests of the protocol, and the parser of Expo's clients.
 */
import { createHash, createVerify } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { get, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { parseMultipartMixedResponseAsync } from '@expo/multipart-body-parser';
import { execa } from 'execa';
import { parseDictionary } from 'structured-headers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstanceWithRunner, startWithRunner } from '../instance/with-runner.ts';
import { zipOf } from '../source/zip.ts';

const EMBEDDED = '00000000-0000-4000-8000-000000000000';
const PICTURE = Buffer.from('the bytes of a picture');

const md5 = (bytes: Buffer | string) => createHash('md5').update(bytes).digest('hex');

/** JavaScript that is worth compressing. */
const codeOf = (text: string) => `"${text}";${'render();'.repeat(500)}`;

let instance: InstanceWithRunner;
let folder: string;
let slug: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-expo-'));
  instance = await startWithRunner({
    name: 'mini',
    labels: ['macos'],
    env: { APPFLUX_RUNNER_EXECUTOR: 'host' },
  });
  ({ slug } = await instance.client.createApp({
    name: 'Phone',
    type: 'android',
    build: { labels: ['macos'] },
  }));
});

afterAll(async () => {
  await instance?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Builds the app with an export of this code, and waits until it is projected. */
async function deploy(text: string, environment: 'production' | 'preview' = 'production'): Promise<string> {
  const { client } = instance;
  const asset = `assets/${md5(PICTURE)}`;
  const platform = (name: string) => ({
    bundle: `_expo/static/js/${name}/index.hbc`,
    assets: [{ path: asset, ext: 'png' }],
  });
  const files = {
    'package.json': JSON.stringify({ name: 'phone', version: '1.0.0' }),
    'app.json': JSON.stringify({
      expo: { name: 'Phone', slug: 'phone', version: '1.0.0', runtimeVersion: { policy: 'appVersion' } },
    }),
    'appflux.json': JSON.stringify({
      installCommand: 'true',
      buildCommand: 'cp -r exported update',
      outputs: ['app.apk', 'update'],
    }),
    'app.apk': 'not read here',
    'exported/metadata.json': JSON.stringify({
      version: 0,
      bundler: 'metro',
      fileMetadata: { android: platform('android'), ios: platform('ios') },
    }),
    'exported/_expo/static/js/android/index.hbc': codeOf(text),
    'exported/_expo/static/js/ios/index.hbc': codeOf(`${text} on iOS`),
    [`exported/${asset}`]: PICTURE,
  };
  const uploadId = await client.upload('phone.zip', await zipOf(files));
  const { id } = await client.deploy(slug, { uploadId, environment });
  const ended = await client.untilEnded(id);
  const log = (await client.logs(id)).items.map(({ text: line }) => line).join('\n');
  expect(ended, log).toMatchObject({ status: 'success', site: null });
  expect(ended.artifacts.map(({ name }) => name)).toEqual(['app.apk', 'phone-1.0.0-update.zip']);
  expect(log).toContain('Update for android, runtime version 1.0.0.');
  return id;
}

interface Asset {
  key: string;
  hash: string;
  url: string;
  contentType: string;
}

interface Message {
  id: string;
  createdAt: string;
  launchAsset: Asset;
  assets: Asset[];
  extra: { expoClient: { slug: string } };
  type?: string;
}

/** Asks as the documentation of the protocol says. */
const request = (headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${instance.edge.url}/a/${slug}/updates/expo`, {
    headers: {
      accept: 'application/expo+json;q=0.9, application/json;q=0.8, multipart/mixed',
      'expo-protocol-version': '1',
      'expo-platform': 'android',
      'expo-runtime-version': '1.0.0',
      'expo-embedded-update-id': EMBEDDED,
      ...headers,
    },
  });

/** What the app receives. */
async function ask(headers: Record<string, string> = {}) {
  const response = await request(headers);
  const body = Buffer.from(await response.arrayBuffer());
  expect(response.status, body.toString()).toBe(200);
  const [part] = await parseMultipartMixedResponseAsync(response.headers.get('content-type') ?? '', body);
  const text = String(part?.body);
  return {
    text,
    signature: String(part?.headers.get('expo-signature')),
    message: JSON.parse(text) as Message,
  };
}

/** A response as it is on the wire: `fetch` would decompress it. */
function wire(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number | undefined; headers: IncomingHttpHeaders; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    get(url, { headers }, (response) => {
      buffer(response).then(
        (bytes) => resolve({ status: response.statusCode, headers: response.headers, bytes }),
        reject,
      );
    }).once('error', reject);
  });
}

/** The text that an app runs after its request. */
async function runs(headers: Record<string, string> = {}): Promise<string> {
  const { message } = await ask(headers);
  if (message.type !== undefined) return message.type;
  const code = await (await fetch(message.launchAsset.url)).text();
  return /^"([^"]*)"/.exec(code)?.[1] ?? code;
}

describe('a phone', () => {
  it('gets what was exported, byte for byte and compressed, and no second time', async () => {
    await deploy('first');
    await expect.poll(() => runs()).toBe('first');
    const { message } = await ask();
    expect(message.extra.expoClient.slug).toBe('phone');
    const [asset] = message.assets;
    expect(asset).toMatchObject({ key: md5(PICTURE), contentType: 'image/png' });
    for (const { url, hash } of [message.launchAsset, ...message.assets]) {
      const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
      expect(createHash('sha256').update(bytes).digest('base64url')).toBe(hash);
    }
    for (const [encoding, decode] of [
      ['br', brotliDecompressSync],
      ['gzip', gunzipSync],
    ] as const) {
      const { headers, bytes } = await wire(message.launchAsset.url, { 'accept-encoding': encoding });
      expect(headers).toMatchObject({ 'content-encoding': encoding, 'content-length': String(bytes.length) });
      expect(decode(bytes).toString()).toBe(codeOf('first'));
    }
    expect(await runs({ 'expo-current-update-id': message.id })).toBe('noUpdateAvailable');
    expect(await runs({ 'expo-platform': 'ios' })).toBe('first on iOS');
  });

  it('follows the release forward and back, to its embedded update, and the channel of previews', async () => {
    const { client } = instance;
    const first = (await client.app(slug)).release ?? '';
    await deploy('second');
    await expect.poll(() => runs()).toBe('second');
    const second = (await ask()).message;
    await client.api.apps.release(slug, first);
    const back = (await ask({ 'expo-current-update-id': second.id })).message;
    expect(back.createdAt > second.createdAt).toBe(true);
    expect(await runs()).toBe('first');

    await client.api.apps.rollBackExpoUpdates(slug, { runtimeVersion: '1.0.0' });
    expect(await runs()).toBe('rollBackToEmbedded');

    expect(await runs({ 'expo-channel-name': 'preview' })).toBe('noUpdateAvailable');
    await deploy('preview', 'preview');
    await expect.poll(() => runs({ 'expo-channel-name': 'preview' })).toBe('preview');
    expect(await runs()).toBe('rollBackToEmbedded');
  });

  it('that expects a signature gets one that its certificate verifies', async () => {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    await execa('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '10', '-subj', '/CN=phone'],
      ...['-keyout', key, '-out', certificate, '-addext', 'extendedKeyUsage=critical,codeSigning'],
      ...['-addext', 'keyUsage=critical,digitalSignature'],
    ]);
    const pem = await readFile(certificate, 'utf8');
    await instance.client.api.apps.setExpoSigningKey(slug, {
      privateKey: await readFile(key, 'utf8'),
      certificate: pem,
    });
    const expected = { 'expo-expect-signature': 'sig, keyid="main", alg="rsa-v1_5-sha256"' };
    const { text, signature } = await ask({ ...expected, 'expo-channel-name': 'preview' });
    const sig = String(parseDictionary(signature).get('sig')?.[0]);
    expect(createVerify('RSA-SHA256').update(text).verify(pem, sig, 'base64')).toBe(true);
  });
});

it('of an app that is not public, only those who may open it get updates', async () => {
  const { client } = instance;
  await client.api.apps.update(slug, { access: { previews: 'team' } });
  const preview = { 'expo-channel-name': 'preview' };
  await expect.poll(async () => (await request(preview)).status).toBe(401);
  expect((await request()).status).toBe(200);
  const authorization = `Bearer ${client.token}`;
  const response = await request({ ...preview, authorization });
  const body = Buffer.from(await response.arrayBuffer());
  const type = response.headers.get('content-type') ?? '';
  const [manifest, extensions] = await parseMultipartMixedResponseAsync(type, body);
  const { launchAsset } = JSON.parse(String(manifest?.body)) as Message;
  const { assetRequestHeaders } = JSON.parse(String(extensions?.body)) as {
    assetRequestHeaders: Record<string, Record<string, string>>;
  };
  expect((await fetch(launchAsset.url)).status).toBe(401);
  const asset = await fetch(launchAsset.url, { headers: assetRequestHeaders[launchAsset.key] ?? {} });
  expect(await asset.text()).toBe(codeOf('preview'));
  await client.api.apps.update(slug, { access: { previews: 'public' } });
});

it('the update is no web site', async () => {
  const id = (await instance.client.app(slug)).release ?? '';
  const { port } = new URL(instance.edge.url);
  for (const host of [`${id}--${slug}`, slug]) {
    const path = '/_expo/static/js/android/index.hbc';
    const { status, bytes } = await wire(`${instance.edge.url}${path}`, {
      Host: `${host}.sites.localhost:${port}`,
    });
    expect({ status, text: bytes.toString() }, host).toMatchObject({
      status: 404,
      text: expect.not.stringContaining('render()'),
    });
  }
});
