/** The request that a site's server gets. */
import type { ServerVisit } from '@appflux/protocol';
import { isInternalHeader } from '../visit/protocol.ts';

/** Of a client on this machine, or behind a proxy that the operator has not named: frameworks fail without an address. */
const LOOPBACK = '127.0.0.1';

/**
 * What a visitor sent, at the URL that they asked for, with the client's address in the headers that servers look for it.
 * The control plane has already removed what a visitor may not say, and cookies and tokens of AppFlux.
 */
export function siteRequest(
  request: Request,
  { url, clientAddress }: Pick<ServerVisit, 'url' | 'clientAddress'>,
): Request {
  const { headers } = request;
  const own = new Headers(headers);
  for (const name of headers.keys()) if (isInternalHeader(name)) own.delete(name);
  const { protocol, host } = new URL(url);
  own.set('Host', host);
  own.set('X-Forwarded-Host', host);
  own.set('X-Forwarded-Proto', protocol.slice(0, -1));
  for (const name of ['CF-Connecting-IP', 'X-Forwarded-For', 'X-Real-IP'])
    own.set(name, clientAddress ?? LOOPBACK);
  const { method, body, cf } = request;
  const country = cf?.country;
  if (typeof country === 'string') own.set('CF-IPCountry', country);
  return new Request(url, {
    method,
    headers: own,
    body,
    redirect: 'manual',
    ...(cf === undefined ? {} : { cf: cf as RequestInitCfProperties }),
  });
}
