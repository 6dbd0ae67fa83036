/** The address of a shard in a request for a WebSocket. The Worker always sets it, so what a client sends never arrives. */
import type { Address } from './layout.ts';

const HEADER = 'X-AppFlux-Shard';

export function addressed(request: Request, at: Address): Request {
  const headers = new Headers(request.headers);
  headers.set(HEADER, JSON.stringify(at));
  return new Request(request, { headers });
}

/** Undefined in a request that means this very object. */
export function addressIn(request: Request): Address | undefined {
  const header = request.headers.get(HEADER);
  return header === null ? undefined : JSON.parse(header);
}
