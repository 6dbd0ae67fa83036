import { describe, expect, test } from 'vitest';
import { responseForm } from './accept.ts';
import { expoRequest } from './request.ts';

/** The headers that expo-updates sends. */
const SENT = {
  accept: 'multipart/mixed,application/expo+json,application/json',
  'expo-protocol-version': '1',
  'expo-api-version': '1',
  'expo-platform': 'android',
  'expo-runtime-version': '1.0.0',
  'expo-updates-environment': 'BARE',
  'expo-json-error': 'true',
};

const parse = (headers: Record<string, string | null> = {}) => {
  const sent = Object.entries({ ...SENT, ...headers }).filter(
    (header): header is [string, string] => header[1] !== null,
  );
  try {
    return expoRequest(new Headers(sent));
  } catch (error) {
    return String(error);
  }
};

test('a request of the client', () => {
  expect(parse()).toEqual({
    platform: 'android',
    runtimeVersion: '1.0.0',
    channel: 'production',
    form: 'multipart/mixed',
    currentId: null,
    embeddedId: null,
    signature: null,
  });
});

test('ids are compared in lower case, and others name nothing', () => {
  const id = 'A6F3C1D2-0B1A-4C5D-8E9F-001122334455';
  expect(parse({ 'expo-current-update-id': id, 'expo-embedded-update-id': 'x' })).toMatchObject({
    currentId: id.toLowerCase(),
    embeddedId: null,
  });
});

test.each([
  ['expo-protocol-version', null, 'version 1'],
  ['expo-protocol-version', '0', 'version 1'],
  ['expo-protocol-version', '1, 1', 'version 1'],
  ['expo-platform', null, 'expo-platform'],
  ['expo-platform', 'web', 'expo-platform'],
  ['expo-platform', 'constructor', 'expo-platform'],
  ['expo-runtime-version', null, 'expo-runtime-version'],
  ['expo-runtime-version', '', 'expo-runtime-version'],
  ['expo-runtime-version', 'x'.repeat(201), 'expo-runtime-version'],
  ['expo-runtime-version', 'größe', 'expo-runtime-version'],
  ['expo-channel-name', 'main', 'production or preview'],
  ['expo-channel-name', '', 'production or preview'],
  ['accept', 'text/html', 'multipart/mixed'],
  ['accept', 'multipart/mixed;q=0', 'multipart/mixed'],
  ['accept', 'x'.repeat(3000), 'more than 2000'],
  ['expo-expect-signature', 'sig, alg="rsa-v1_5-sha512"', 'only algorithm'],
  ['expo-expect-signature', '"sig', 'dictionary'],
  ['expo-expect-signature', 'sig, keyid=1', 'dictionary'],
  ['expo-expect-signature', `sig, keyid="${'x'.repeat(3000)}"`, 'more than 2000'],
])('is refused with %s: %s', (name, value, message) => {
  expect(parse({ [name]: value })).toContain(message);
});

test.each([
  ['sig, keyid="root", alg="rsa-v1_5-sha256"', 'root'],
  ['sig', null],
  ['sig=?1, keyid="a \\"b\\""', 'a "b"'],
])('expects the signature %s', (header, keyId) => {
  expect(parse({ 'expo-expect-signature': header })).toMatchObject({ signature: { keyId } });
});

describe('the form of the response', () => {
  test.each([
    [null, 'multipart/mixed'],
    ['', 'multipart/mixed'],
    ['*/*', 'multipart/mixed'],
    ['application/expo+json, application/json, multipart/mixed', 'multipart/mixed'],
    ['application/expo+json;q=0.9, application/json;q=0.8, multipart/mixed', 'multipart/mixed'],
    ['application/expo+json', 'application/expo+json'],
    ['application/json', 'application/json'],
    ['application/*', 'application/expo+json'],
    ['APPLICATION/JSON ; Q=1', 'application/json'],
    ['multipart/mixed;q=0.1, application/json;q=0.5', 'application/json'],
    ['*/*, multipart/mixed;q=0', 'application/expo+json'],
    ['multipart/mixed; boundary=x; q=0.5, */*;q=0.4', 'multipart/mixed'],
    ['text/html', null],
    ['multipart/mixed;q=0.000', null],
    [',,;q=1,/', null],
  ])('for %s is %s', (header, form) => expect(responseForm(header)).toBe(form));
});
