/**
 * Responses of the protocol. Source: https://docs.expo.dev/technical-specs/expo-updates-1/#response. Pure but for the
 * signature, which the caller makes.
 */
import { AppFluxError } from '@appflux/protocol';
import { serializeDictionary } from 'structured-headers';
import type { ExpoDirective, ExpoManifest } from './manifest.ts';
import { ALGORITHM, type ExpoRequest } from './request.ts';

/** What the feed says now, for the request's platform and runtime version. */
export type FeedState =
  | { readonly kind: 'update'; readonly manifest: ExpoManifest }
  | { readonly kind: 'embedded'; readonly since: string }
  | { readonly kind: 'nothing' };

/** A part of a response that can be signed. */
export type Message =
  | { readonly name: 'manifest'; readonly body: ExpoManifest }
  | { readonly name: 'directive'; readonly body: ExpoDirective };

/** What an app gets, by what it runs. */
export function messageFor(state: FeedState, { currentId, embeddedId }: ExpoRequest): Message {
  if (state.kind === 'update' && state.manifest.id !== currentId)
    return { name: 'manifest', body: state.manifest };
  // An app without an embedded update has nothing to go back to.
  if (state.kind === 'embedded' && embeddedId !== null && embeddedId !== currentId) {
    return {
      name: 'directive',
      body: { type: 'rollBackToEmbedded', parameters: { commitTime: state.since } },
    };
  }
  return { name: 'directive', body: { type: 'noUpdateAvailable' } };
}

export interface Signed {
  readonly signature: string;
  readonly keyId: string;
}

/** The signature header's value, an Expo structured field value. */
export const signatureHeader = ({ signature, keyId }: Signed): string =>
  serializeDictionary({ sig: signature, keyid: keyId, alg: ALGORITHM });

export interface ExpoResponse {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/**
 * A response.
 * @param text the message's body as JSON: exactly what was signed.
 * @param boundary of a multipart response: a text that is not in `text`.
 * @param assetHeaders headers for requests of each asset, by its key; null if they need none.
 */
export function expoResponse(
  request: Pick<ExpoRequest, 'form' | 'channel'>,
  message: Message,
  text: string,
  options: {
    readonly signed: Signed | null;
    readonly boundary: string;
    readonly assetHeaders: Readonly<Record<string, Readonly<Record<string, string>>>> | null;
  },
): ExpoResponse {
  const { signed, boundary, assetHeaders } = options;
  const common = {
    'expo-protocol-version': '1',
    'expo-sfv-version': '0',
    'expo-manifest-filters': serializeDictionary({ channel: request.channel }),
    'cache-control': 'private, max-age=0',
    vary: 'accept, expo-protocol-version, expo-platform, expo-runtime-version, expo-channel-name',
    'x-content-type-options': 'nosniff',
  };
  const signature: Record<string, string> =
    signed === null ? {} : { 'expo-signature': signatureHeader(signed) };
  if (request.form !== 'multipart/mixed') {
    if (message.name !== 'manifest') {
      throw new AppFluxError(
        'not_acceptable',
        'There is no update, which only a multipart response can say',
        {
          hint: 'Send "accept: multipart/mixed".',
        },
      );
    }
    return { headers: { ...common, ...signature, 'content-type': request.form }, body: text };
  }
  const parts = [part(message.name, text, signature)];
  if (message.name === 'manifest' && assetHeaders !== null) {
    parts.push(part('extensions', JSON.stringify({ assetRequestHeaders: assetHeaders }), {}));
  }
  const body = `${parts.map((each) => `--${boundary}\r\n${each}\r\n`).join('')}--${boundary}--\r\n`;
  return { headers: { ...common, 'content-type': `multipart/mixed; boundary=${boundary}` }, body };
}

/** A part by RFC 2046 §5.1. */
function part(name: string, text: string, headers: Readonly<Record<string, string>>): string {
  const all = {
    'content-disposition': `inline; name="${name}"`,
    'content-type': 'application/json; charset=utf-8',
    ...headers,
  };
  const lines = Object.entries(all).map(([key, value]) => `${key}: ${value}\r\n`);
  return `${lines.join('')}\r\n${text}`;
}
