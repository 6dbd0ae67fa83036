/**
 * A request of an Expo app for its newest update.
 * Source: https://docs.expo.dev/technical-specs/expo-updates-1/#request. Pure.
 */
import { AppFluxError, Environment, ExpoPlatform, RuntimeVersion } from '@appflux/protocol';
import { parseDictionary } from 'structured-headers';
import { type ResponseForm, responseForm } from './accept.ts';

export interface ExpoRequest {
  readonly platform: ExpoPlatform;
  readonly runtimeVersion: string;
  /** The channel is the environment whose deployments the app gets. */
  readonly channel: Environment;
  readonly form: ResponseForm;
  /** The update that runs, if the app says it. */
  readonly currentId: string | null;
  /** The update in the app's package, if it says that it has one. */
  readonly embeddedId: string | null;
  /** Null if no signature is expected. */
  readonly signature: ExpectedSignature | null;
}

export interface ExpectedSignature {
  /** The key that the app's certificate belongs to, if the app names it. */
  readonly keyId: string | null;
}

/** The only algorithm of the protocol's clients. */
export const ALGORITHM = 'rsa-v1_5-sha256';

const VERSION = '1';
const MAX_HEADER = 2000;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Parses the headers of a request. Throws `not_acceptable` or `bad_request` with what is wrong. */
export function expoRequest(headers: Headers): ExpoRequest {
  if (headers.get('expo-protocol-version') !== VERSION) {
    throw new AppFluxError('not_acceptable', 'This feed speaks version 1 of the Expo Updates protocol', {
      hint: 'Apps with expo-updates 0.16 (SDK 48) or newer send "expo-protocol-version: 1".',
    });
  }
  const form = responseForm(limited(headers, 'accept'));
  if (form === null) {
    throw new AppFluxError(
      'not_acceptable',
      'The feed answers with multipart/mixed, application/expo+json or application/json',
    );
  }
  return {
    platform: parsed(headers, 'expo-platform', ExpoPlatform, 'android or ios'),
    runtimeVersion: parsed(headers, 'expo-runtime-version', RuntimeVersion, 'the app’s runtime version'),
    channel: channelOf(headers),
    form,
    currentId: idIn(headers, 'expo-current-update-id'),
    embeddedId: idIn(headers, 'expo-embedded-update-id'),
    signature: expectedSignature(limited(headers, 'expo-expect-signature')),
  };
}

function limited(headers: Headers, name: string): string | null {
  const value = headers.get(name);
  if (value !== null && value.length > MAX_HEADER) {
    throw new AppFluxError('bad_request', `The header ${name} has more than ${MAX_HEADER} characters`);
  }
  return value;
}

interface Schema<Value> {
  safeParse(value: unknown): { success: true; data: Value } | { success: false };
}

function parsed<Value>(headers: Headers, name: string, schema: Schema<Value>, what: string): Value {
  const result = schema.safeParse(headers.get(name) ?? undefined);
  if (result.success) return result.data;
  throw new AppFluxError('bad_request', `The header ${name} must be ${what}`);
}

function channelOf(headers: Headers): Environment {
  const name = headers.get('expo-channel-name');
  const channel =
    name === null ? { success: true as const, data: 'production' as const } : Environment.safeParse(name);
  if (channel.success) return channel.data;
  throw new AppFluxError('bad_request', 'The channel must be production or preview', {
    hint: 'Set "expo-channel-name" in updates.requestHeaders of the app config.',
  });
}

/** Ids are compared in lower case: iOS writes them in upper case. Anything else names no update of ours. */
function idIn(headers: Headers, name: string): string | null {
  const id = headers.get(name)?.toLowerCase() ?? '';
  return UUID.test(id) ? id : null;
}

/** Expo's structured field values are a subset of RFC 8941 (https://docs.expo.dev/technical-specs/expo-sfv-0/). */
function expectedSignature(header: string | null): ExpectedSignature | null {
  if (header === null) return null;
  const members = dictionaryIn(header);
  const algorithm = members?.get('alg') ?? ALGORITHM;
  const keyId = members?.get('keyid') ?? null;
  if (members === null || typeof algorithm !== 'string' || (keyId !== null && typeof keyId !== 'string')) {
    throw new AppFluxError('bad_request', 'The header expo-expect-signature must be a dictionary (RFC 8941)');
  }
  if (algorithm !== ALGORITHM) {
    throw new AppFluxError('bad_request', `The only algorithm of signatures is ${ALGORITHM}`);
  }
  return { keyId };
}

function dictionaryIn(header: string): Map<string, unknown> | null {
  try {
    return new Map([...parseDictionary(header)].map(([key, [value]]) => [key, value]));
  } catch {
    // The parser throws for everything that is no dictionary.
    return null;
  }
}
