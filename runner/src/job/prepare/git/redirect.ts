/** Follows redirects of a repository: GitHub redirects renamed ones, GitLab URLs without `.git`. */
import type { TcpSocketConnectOpts } from 'node:net';
import { Agent, request } from 'undici';

/** What Git asks a server first (gitprotocol-http(5), "Smart Clients"). */
const DISCOVERY = '/info/refs';

/** The URL that Git asks first, for a repository's URL. */
export function discoveryUrl(repo: URL): URL {
  const url = new URL(repo);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${DISCOVERY}`;
  url.searchParams.set('service', 'git-upload-pack');
  return url;
}

/**
 * The repository's new URL, read from where the answer to the discovery leads; null when it leads to no
 * repository. A redirect that gives up encryption is not taken.
 */
export function movedTo(repo: URL, location: string | undefined): URL | null {
  if (location === undefined || !URL.canParse(location, discoveryUrl(repo).href)) return null;
  const target = new URL(location, discoveryUrl(repo));
  if (!/^https?:$/.test(target.protocol) || !target.pathname.endsWith(DISCOVERY)) return null;
  if (repo.protocol === 'https:' && target.protocol !== 'https:') return null;
  if (target.username !== '' || target.password !== '') return null;
  target.pathname = target.pathname.slice(0, -DISCOVERY.length);
  target.searchParams.delete('service');
  target.hash = '';
  return target;
}

/**
 * Asks the repository's server again where it redirects to, which Git doesn't report. Connects to the
 * checked addresses only and follows nothing. The token is not sent: a server that redirects does so before
 * it asks who is there, or it is not followed.
 */
export async function askRedirect(
  url: URL,
  addresses: readonly string[] | null,
  signal: AbortSignal,
): Promise<URL | null> {
  const dispatcher = new Agent({
    connect: {
      timeout: 15_000,
      ...(addresses === null ? {} : { lookup: pinnedLookup(addresses) }),
    },
    headersTimeout: 30_000,
  });
  try {
    const answer = await request(discoveryUrl(url), {
      dispatcher,
      signal,
      headers: { 'user-agent': 'git/2 (AppFlux)', accept: '*/*' },
    });
    // Only the header matters; the body is dropped unread with the connection.
    answer.body.on('error', () => {
      // Destroying the body below is what makes this error.
    });
    answer.body.destroy();
    const location = answer.headers.location;
    return answer.statusCode >= 300 && answer.statusCode < 400
      ? movedTo(url, Array.isArray(location) ? location[0] : location)
      : null;
  } finally {
    await dispatcher.destroy();
  }
}

type Lookup = NonNullable<TcpSocketConnectOpts['lookup']>;

/** Answers every question for a host with the addresses that were checked. */
function pinnedLookup(addresses: readonly string[]): Lookup {
  const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (_host, options, callback) => {
    if (options.all === true) callback(null, all);
    else callback(null, all[0]?.address ?? '', all[0]?.family);
  };
}
