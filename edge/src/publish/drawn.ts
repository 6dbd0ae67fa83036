/** A page between its drawing and its visitors: how it is kept, tagged and answered with. */
import { type Document, frame, pageHeaders } from './frame.ts';

/** How long a data center keeps a drawn page, in seconds: only the list of earlier versions can be that old. */
const KEPT_SECONDS = 300;

/** A page as a data center may keep it, with an entity tag of its content behind `tagPrefix`. */
export async function draw(document: Document, tagPrefix = ''): Promise<Response> {
  const { text, policy } = await frame(document);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  const tag = Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return new Response(text, {
    headers: {
      ...pageHeaders(policy),
      ETag: `"${tagPrefix}${tag}"`,
      'Cache-Control': `public, max-age=${KEPT_SECONDS}`,
    },
  });
}

/** A rendered page as a visitor gets it: revalidated each time, so that a new release shows immediately. */
export function answer(page: Response, status: 200 | 304 | 404 | 410 | 500): Response {
  const headers = new Headers(page.headers);
  headers.set('Cache-Control', status >= 400 ? 'no-store' : 'public, no-cache');
  headers.set('Vary', 'User-Agent, Sec-CH-UA-Platform');
  for (const name of ['Age', 'CF-Cache-Status']) headers.delete(name);
  return new Response(status === 304 ? null : page.body, { status, headers });
}
