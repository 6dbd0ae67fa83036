/** Answers about access: none of them is kept by anyone. */
import { AppFluxError } from '@appflux/protocol';

/** A redirect that may set a cookie. The URL that led here, which may have a code in it, isn't passed on. */
export const redirect = (status: 302 | 303, location: string, cookie: string | null): Response =>
  new Response(null, {
    status,
    headers: {
      Location: location,
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      ...(cookie === null ? {} : { 'Set-Cookie': cookie }),
    },
  });

/** A refusal for programs, as the API refuses. */
export function refusal(error: AppFluxError): Response {
  const headers = new Headers({ 'Cache-Control': 'no-store', 'X-Robots-Tag': 'noindex' });
  if (error.code === 'unauthorized') headers.set('WWW-Authenticate', 'Bearer');
  return Response.json(error.toBody(), { status: error.status, headers });
}

export const signInFirst = (): Response =>
  refusal(
    new AppFluxError('unauthorized', 'This is private', {
      hint: 'Open it in a browser and sign in, or send a token of its team: `Authorization: Bearer TOKEN`.',
    }),
  );

export const badToken = (): Response =>
  refusal(
    new AppFluxError('unauthorized', 'Invalid token: unknown, revoked or expired', {
      hint: 'Create one in the dashboard under Settings, API tokens.',
    }),
  );

export const tooFewScopes = (): Response =>
  refusal(
    new AppFluxError('forbidden', 'This needs a token with the scope deployments:read', {
      hint: 'Create a token with that scope.',
    }),
  );

export const nothingHere = (): Response => refusal(new AppFluxError('not_found', 'There is nothing here'));

/**
 * The same response for nobody but the visitor: proxies and content delivery networks don't keep it, whatever the site's
 * own headers ask for.
 */
export function privately(response: Response): Response {
  const own = new Response(response.body, response);
  for (const name of ['CDN-Cache-Control', 'Cloudflare-CDN-Cache-Control', 'Surrogate-Control', 'Expires'])
    own.headers.delete(name);
  const asked = (response.headers.get('Cache-Control') ?? 'no-cache')
    .split(',')
    .map((directive) => directive.trim())
    .filter((directive) => !/^(?:public|private|s-maxage|proxy-revalidate|stale-)/i.test(directive));
  own.headers.set('Cache-Control', ['private', ...asked].filter((directive) => directive !== '').join(', '));
  own.headers.append('Vary', 'Cookie, Authorization');
  return own;
}
