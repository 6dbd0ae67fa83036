import { type Client, type ClientOptions, createClient } from '@appflux/client';

/** A client of the API at this page's origin, for the signed-in user. */
export function createApi(
  caller: Pick<ClientOptions, 'getToken' | 'team' | 'onUnauthorized' | 'fetch'>,
): Client {
  return createClient({
    ...caller,
    // WebSockets need an absolute URL. There is no page while the site is built.
    url: typeof location === 'undefined' ? '' : location.origin,
    // The page and the server have the same version. If they don't, a reload fixes it.
    unknownMembers: 'refuse',
    hints: { unexpected: 'Reload the page. It may be older than the server.' },
  });
}
