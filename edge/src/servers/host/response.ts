/** The answer of a site's server, as it leaves the server host. */
import { isInternalHeader } from '../visit/protocol.ts';

/** The answer without headers that only AppFlux itself sets. Everything else is left as it is. */
export function siteResponse(response: Response): Response {
  const forged = [...response.headers.keys()].filter(isInternalHeader);
  if (forged.length === 0) return response;
  const headers = new Headers(response.headers);
  for (const name of forged) headers.delete(name);
  const { status, statusText, webSocket } = response;
  return new Response(response.body, { status, statusText, headers, webSocket });
}
