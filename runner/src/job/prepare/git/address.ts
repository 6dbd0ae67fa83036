/** Which addresses a repository may be fetched from. */

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { printable } from '@appflux/protocol';
import { own, say } from '../../../masking/sentence.ts';
import { type AddressPolicy, addressPolicy, addressRefusal } from '../../../sandbox/egress/address.ts';
import { JobFailure } from '../../../step-context.ts';
import type { RemoteOptions } from './remote.ts';

/** All addresses of a host name; rejects if it has none. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

const askSystem: ResolveHost = async (host) =>
  (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address);

/** A repository's URL as people know it: no query, which could hold a secret. Of SSH, the user is part of it. */
export function shownUrl(url: URL): string {
  const host = url.protocol === 'ssh:' ? `ssh://${url.username}@${url.host}` : url.origin;
  return printable(`${host}${url.pathname}`, 500);
}

/**
 * Reads a repository URL. What is checked here is what Git is given, in the spelling of the WHATWG URL
 * standard: a second reading of the original text could find another host in it.
 * @throws {JobFailure} `settings_invalid` if it is none that may be fetched.
 */
export function readRepoUrl(text: string, allowHttp: boolean): URL {
  const refuse = (sentence: string) =>
    new JobFailure('settings_invalid', sentence, {
      hint: own('Set a repository URL that begins with https://.'),
    });
  // Control characters and spaces would be dropped silently by the URL parser.
  if (!URL.canParse(text) || /[\p{Cc}\s]/u.test(text)) {
    throw refuse(`${printable(text, 200)} is not a repository URL.`);
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw refuse('A repository URL can’t contain a user name or password.');
  }
  if (url.protocol === 'http:' && !allowHttp) {
    throw refuse(`${shownUrl(url)} uses plain http, which this runner doesn’t allow.`);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw refuse(`${printable(text, 200)} is not an https URL. Only https is supported.`);
  }
  url.hash = '';
  return url;
}

/** What a fetch may reach: anything, or only what is public and by https. */
export const reachable = (
  allowPrivateSources: boolean,
): Pick<RemoteOptions, 'allowHttp' | 'addressesOf'> => ({
  allowHttp: allowPrivateSources,
  addressesOf: allowPrivateSources ? async () => null : (url) => checkedAddresses(url),
});

/**
 * The addresses that Git may connect to for this URL: all of the host's, provided that every one is public.
 * One that is private, loopback, link-local, or in any other way not the public Internet's makes the whole
 * host refused.
 * @throws {JobFailure} `source_unavailable` if the host is unknown or refused.
 */
export async function checkedAddresses(
  url: URL,
  resolve: ResolveHost = askSystem,
  policy: AddressPolicy = addressPolicy([]),
): Promise<readonly string[]> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = isIP(host) ? [host] : await resolveOrFail(url, host, resolve);
  for (const address of addresses) {
    const refusal = addressRefusal(address, policy);
    if (refusal !== null) {
      throw new JobFailure(
        'source_unavailable',
        say`${shownUrl(url)} resolves to an address that this runner doesn’t allow (${refusal}).`,
        {
          hint: own(
            'Use a repository on the public Internet, or ask the owner of the runner to allow private sources (APPFLUX_ALLOW_PRIVATE_SOURCES=1).',
          ),
        },
      );
    }
  }
  return addresses;
}

async function resolveOrFail(url: URL, host: string, resolve: ResolveHost): Promise<readonly string[]> {
  const unknown = (cause?: unknown) =>
    new JobFailure('source_unavailable', say`The host of ${shownUrl(url)} could not be found.`, {
      hint: own('Check the spelling of the repository URL.'),
      cause,
    });
  try {
    const addresses = await resolve(host);
    if (addresses.length === 0) throw unknown();
    return addresses;
  } catch (error) {
    throw error instanceof JobFailure ? error : unknown(error);
  }
}
