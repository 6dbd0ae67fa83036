/** Answers with pictures, which other sites may show. */
import { isKnown } from '../http/range.ts';

/** Nothing in a picture that is opened by itself may run or load. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** A picture with an entity tag of its content; 304 when the client has it. */
export async function drawn(
  request: Request,
  body: string | Uint8Array<ArrayBuffer>,
  { type, status, cacheControl }: { type: string; status: 200 | 404; cacheControl: string },
): Promise<Response> {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  const etag = `"${Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')}"`;
  const headers = {
    ETag: etag,
    'Cache-Control': cacheControl,
    'Content-Type': type,
    'Content-Security-Policy': POLICY,
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'X-Content-Type-Options': 'nosniff',
  };
  return isKnown(request.headers.get('If-None-Match'), etag) && status === 200
    ? new Response(null, { status: 304, headers })
    : new Response(bytes, { status, headers });
}
