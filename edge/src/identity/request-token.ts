/** The token that a request carries, and its hash. */
import { TOKEN_SUBPROTOCOL_PREFIX } from '@appflux/protocol';
import { hashToken } from '../secrets/tokens.ts';

/** The token that a request carries, in its header or as a WebSocket's subprotocol; null when it has none. */
export const tokenOf = (request: Request): string | null =>
  bearerToken(request) ?? offered(request, TOKEN_SUBPROTOCOL_PREFIX);

/** The token of `Authorization: Bearer` (RFC 6750 §2.1), or null. */
export function bearerToken(request: Request): string | null {
  const header = request.headers.get('Authorization') ?? '';
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header)?.[1] ?? null;
}

/** What a browser offers as a WebSocket subprotocol with this prefix, for it cannot set headers there; or null. */
export function offered(request: Request, prefix: string): string | null {
  const names = (request.headers.get('Sec-WebSocket-Protocol') ?? '').split(',').map((name) => name.trim());
  return names.find((name) => name.startsWith(prefix))?.slice(prefix.length) || null;
}

interface Hashed {
  readonly token: string;
  readonly hash: Promise<string>;
}

/** While a request is handled: several ask for the hash of its token. */
const hashes = new WeakMap<Request, Hashed>();

/** `hashToken` of a token that this request carries, computed once for each request. */
export function hashOf(request: Request, token: string): Promise<string> {
  const known = hashes.get(request);
  if (known?.token === token) return known.hash;
  const hash = hashToken(token);
  hashes.set(request, { token, hash });
  return hash;
}
