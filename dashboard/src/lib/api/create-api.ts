import { type Client, type ClientOptions, createClient } from '@appflux/client';
import { config } from 'zod';

// zod compiles its schemas with `new Function` where it can, which the page's policy forbids and reports.
config({ jitless: true });

/** The API at this page's origin, on behalf of the person who is signed in. */
export function createApi(
  caller: Pick<ClientOptions, 'getToken' | 'team' | 'onUnauthorized' | 'fetch'>,
): Client {
  return createClient({
    ...caller,
    url: '',
    // The page and the server are of one version. If they aren't, reloading the page mends it.
    unknownMembers: 'refuse',
    hints: { unexpected: 'Reload the page. It may be older than the server.' },
  });
}
