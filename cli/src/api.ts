/** The client of the instance, as this program uses it. */
import { type Client, createClient } from '@appflux/client';
import { CliProblem } from './errors/problem.ts';
import { EXIT } from './exit.ts';
import { VERSION } from './version.ts';

/** No call takes this long, in milliseconds, except uploads and followed logs, which have limits of their own. */
const TIMEOUT_MS = 60_000;

/**
 * A client whose errors are sentences for a terminal. Answers that can't be AppFlux's, such as a web page or a redirect,
 * are refused with a CliProblem `unreachable`.
 * @param token null calls without one
 */
export const createApi = (url: string, token: string | null, send: typeof fetch = fetch): Client =>
  createClient({
    url,
    token,
    fetch: checkedFetch(url, send),
    timeoutMs: TIMEOUT_MS,
    retry: {},
    unknownMembers: 'keep',
    hints: {
      unexpected: `It may be another version than this command line, ${VERSION}. Run "npx appflux@latest".`,
    },
  });

function checkedFetch(url: string, send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('User-Agent', `appflux/${VERSION} node/${process.versions.node} ${process.platform}`);
    // A redirect would drop the token, and turn a POST into a GET (Fetch §4.4).
    const response = await send(input, { ...init, headers, redirect: 'manual' });
    const problem = notTheApi(url, response);
    if (problem === null) return response;
    await response.body?.cancel();
    throw problem;
  };
}

/** What is wrong with an answer that AppFlux never gives; null if it may be one of AppFlux. */
export function notTheApi(
  url: string,
  { status, headers }: Pick<Response, 'status' | 'headers'>,
): CliProblem | null {
  if (status >= 300 && status < 400) {
    const target = headers.get('Location');
    const origin = target === null ? null : originOf(target, url);
    const elsewhere = origin !== null && origin !== url;
    return new CliProblem(
      EXIT.unreachable,
      `${url} redirects${elsewhere ? ` to ${origin}` : ''}, so it isn’t the address of the API.`,
      elsewhere
        ? `If you trust it, run "appflux login ${origin}".`
        : 'Check the URL and the proxy in front of it.',
    );
  }
  if (headers.get('Content-Type')?.toLowerCase().startsWith('text/html') === true) {
    return new CliProblem(
      EXIT.unreachable,
      `${url} answered with a web page (status ${status}) instead of the API.`,
      'Check that the URL is that of an AppFlux instance, and that no proxy in front of it asks for a sign-in.',
    );
  }
  return null;
}

/** The origin that a `Location` leads to; null if it leads to none. */
function originOf(target: string, base: string): string | null {
  if (!URL.canParse(target, base)) return null;
  const { origin } = new URL(target, base);
  return origin === 'null' ? null : origin;
}
