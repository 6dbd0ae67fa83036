import { type Client, type ClientOptions, createClient } from '@appflux/client';
import { config } from 'zod';

// By default zod compiles schemas with `new Function`, which the page's Content Security Policy blocks and reports.
config({ jitless: true });

/** A client of the API at this page's origin, for the signed-in user. */
export function createApi(
  caller: Pick<ClientOptions, 'getToken' | 'team' | 'onUnauthorized' | 'fetch'>,
): Client {
  return createClient({
    ...caller,
    url: '',
    // The page and the server have the same version. If they don't, a reload fixes it.
    unknownMembers: 'refuse',
    hints: { unexpected: 'Reload the page. It may be older than the server.' },
  });
}
