import { createVerify } from 'node:crypto';
import { isMultipartPartWithName, parseMultipartMixedResponseAsync } from '@expo/multipart-body-parser';
import { parseDictionary } from 'structured-headers';
import { describe, expect, test } from 'vitest';
import { type ExpoManifest, expoManifest, type PublishedUpdate } from './manifest.ts';
import type { ExpoRequest } from './request.ts';
import { expoResponse, type FeedState, messageFor } from './response.ts';
import { signatureOf } from './signing.ts';
import { CERTIFICATE, PRIVATE_KEY } from './testing/keys.ts';

const hex = (digit: string) => digit.repeat(64);

const UPDATE: PublishedUpdate = {
  platform: 'android',
  channel: 'production',
  meta: {
    android: {
      runtimeVersion: '1.0.0',
      bundle: { path: '_expo/static/js/android/index.hbc', key: 'a'.repeat(32) },
      assets: [
        { path: 'assets/1', key: '1'.repeat(32), contentType: 'image/png', extension: 'png' },
        { path: 'assets/2', key: '2'.repeat(32), contentType: 'application/octet-stream', extension: '' },
      ],
    },
    expoConfig: { name: 'Größe "x"\r\n--b--', slug: 'x' },
  },
  sha256: new Map([
    ['_expo/static/js/android/index.hbc', hex('a')],
    ['assets/1', hex('1')],
    ['assets/2', hex('2')],
  ]),
  createdAt: '2026-11-29T12:00:00.000Z',
  urlOf: (sha256) => `https://flux.example/asset/${sha256}`,
};

function manifest(more: Partial<PublishedUpdate> = {}): ExpoManifest {
  const made = expoManifest({ ...UPDATE, ...more });
  if (made === null) throw new Error('There is no manifest');
  return made;
}

const REQUEST: ExpoRequest = {
  platform: 'android',
  runtimeVersion: '1.0.0',
  channel: 'production',
  form: 'multipart/mixed',
  currentId: null,
  embeddedId: null,
  signature: null,
};

describe('a manifest', () => {
  test('has every member of the protocol', () => {
    expect(manifest()).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      createdAt: '2026-11-29T12:00:00.000Z',
      runtimeVersion: '1.0.0',
      launchAsset: {
        hash: Buffer.from(hex('a'), 'hex').toString('base64url'),
        key: 'a'.repeat(32),
        contentType: 'application/javascript',
        url: `https://flux.example/asset/${hex('a')}`,
      },
      assets: [
        expect.objectContaining({ key: '1'.repeat(32), contentType: 'image/png', fileExtension: '.png' }),
        expect.not.objectContaining({ fileExtension: expect.anything() }),
      ],
      metadata: { channel: 'production' },
      extra: { expoClient: UPDATE.meta.expoConfig },
    });
  });

  test('has an id of its content, whatever its URLs are', () => {
    const { id } = manifest();
    expect(manifest({ urlOf: (sha256) => `https://other.example/${sha256}` }).id).toBe(id);
    const others: Partial<PublishedUpdate>[] = [
      { createdAt: '2026-11-29T12:00:00.001Z' },
      { channel: 'preview' },
      { sha256: new Map(UPDATE.sha256).set('assets/2', hex('3')) },
      { meta: { ...UPDATE.meta, expoConfig: null } },
    ];
    expect(new Set([id, ...others.map((more) => manifest(more).id)]).size).toBe(5);
  });

  test('is none for another platform, or without all of its files', () => {
    expect(expoManifest({ ...UPDATE, platform: 'ios' })).toBeNull();
    for (const path of UPDATE.sha256.keys()) {
      const sha256 = new Map(UPDATE.sha256);
      sha256.delete(path);
      expect(expoManifest({ ...UPDATE, sha256 }), path).toBeNull();
    }
  });
});

describe('what an app gets', () => {
  const { id } = manifest();
  const update: FeedState = { kind: 'update', manifest: manifest() };
  const embedded: FeedState = { kind: 'embedded', since: '2026-11-29T13:00:00.000Z' };
  const OWN = '00000000-0000-4000-8000-000000000000';

  test.each([
    ['an update that it lacks', update, {}, 'manifest'],
    ['nothing when it has the update', update, { currentId: id }, 'noUpdateAvailable'],
    ['the update when it runs its own', update, { currentId: OWN, embeddedId: OWN }, 'manifest'],
    ['the way back', embedded, { currentId: id, embeddedId: OWN }, 'rollBackToEmbedded'],
    ['nothing when it is back', embedded, { currentId: OWN, embeddedId: OWN }, 'noUpdateAvailable'],
    ['nothing when it has nothing to go back to', embedded, { currentId: id }, 'noUpdateAvailable'],
    ['nothing when there is nothing', { kind: 'nothing' }, {}, 'noUpdateAvailable'],
  ] as const)('%s', (_what, state, more, expected) => {
    const message = messageFor(state, { ...REQUEST, ...more });
    expect(message.name === 'manifest' ? 'manifest' : message.body.type).toBe(expected);
  });
});

/** The parts of a response, read by the parser of Expo's own clients. */
async function partsOf({ headers, body }: { headers: Record<string, string>; body: string }) {
  return parseMultipartMixedResponseAsync(headers['content-type'] ?? '', Buffer.from(body));
}

describe('a response', () => {
  const message = { name: 'manifest', body: manifest() } as const;
  const text = JSON.stringify(message.body);
  const options = { signed: null, boundary: 'boundary-1', assetHeaders: null };

  test('has the manifest in a part that the client’s parser reads', async () => {
    const response = expoResponse(REQUEST, message, text, options);
    expect(response.headers).toMatchObject({
      'expo-protocol-version': '1',
      'expo-sfv-version': '0',
      'cache-control': 'private, max-age=0',
    });
    expect(parseDictionary(response.headers['expo-manifest-filters'] ?? '').get('channel')?.[0]).toBe(
      'production',
    );
    const parts = await partsOf(response);
    expect(parts).toHaveLength(1);
    const [part] = parts;
    expect(part && isMultipartPartWithName(part, 'manifest')).toBe(true);
    expect(part?.headers.get('expo-signature')).toBeUndefined();
    expect(JSON.parse(part?.body ?? '')).toEqual(manifest());
  });

  test('is signed over the exact bytes of the part', async () => {
    const signed = { signature: signatureOf(text, PRIVATE_KEY), keyId: 'main' };
    const [part] = await partsOf(expoResponse(REQUEST, message, text, { ...options, signed }));
    const members = parseDictionary(String(part?.headers.get('expo-signature')));
    expect([members.get('keyid')?.[0], members.get('alg')?.[0]]).toEqual(['main', 'rsa-v1_5-sha256']);
    const verify = createVerify('RSA-SHA256').update(String(part?.body));
    expect(verify.verify(CERTIFICATE, String(members.get('sig')?.[0]), 'base64')).toBe(true);
  });

  test('has the headers for assets in a part of their own', async () => {
    const assetHeaders = { ['1'.repeat(32)]: { authorization: 'Bearer x' } };
    const parts = await partsOf(expoResponse(REQUEST, message, text, { ...options, assetHeaders }));
    expect(parts.map(({ name }) => name)).toEqual(['manifest', 'extensions']);
    expect(JSON.parse(parts[1]?.body ?? '')).toEqual({ assetRequestHeaders: assetHeaders });
  });

  test('is plain JSON for clients that accept only that, with the signature in its headers', () => {
    const signed = { signature: signatureOf(text, PRIVATE_KEY), keyId: 'main' };
    const response = expoResponse({ ...REQUEST, form: 'application/expo+json' }, message, text, {
      ...options,
      signed,
    });
    expect(response.body).toBe(text);
    expect(response.headers).toMatchObject({ 'content-type': 'application/expo+json' });
    expect(response.headers['expo-signature']).toMatch(
      /^sig="[\w+/=]+", keyid="main", alg="rsa-v1_5-sha256"$/,
    );
  });

  test('of a directive is only multipart', async () => {
    const directive = {
      name: 'directive',
      body: { type: 'rollBackToEmbedded', parameters: { commitTime: '2026-11-29T13:00:00.000Z' } },
    } as const;
    const body = JSON.stringify(directive.body);
    const [part] = await partsOf(expoResponse(REQUEST, directive, body, options));
    expect(part?.name).toBe('directive');
    expect(JSON.parse(part?.body ?? '')).toEqual(directive.body);
    expect(() => expoResponse({ ...REQUEST, form: 'application/json' }, directive, body, options)).toThrow(
      'only a multipart response',
    );
  });
});
