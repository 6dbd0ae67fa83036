/** Where Git really connects to, seen by listeners of the test's own: one stands for a public host, one for a private. */
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addressPolicy } from '../../../sandbox/egress/address.ts';
import { SOURCE_LIMITS } from '../limits.ts';
import type { GitServer } from '../testing/git-server.ts';
import { gitSurroundings } from '../testing/git-surroundings.ts';
import { BareRepository } from '../testing/repository.ts';
import { failureOf, type TestSurroundings } from '../testing/surroundings.ts';
import { checkedAddresses } from './address.ts';
import { fetchGit } from './index.ts';

/** The one loopback address that passes for public here. */
const PUBLIC = '127.0.0.1';
const PRIVATE = '127.0.0.2';

let around: TestSurroundings;
let server: GitServer;
let inner: Server;
let innerPort: number;
let reached: number;

beforeEach(async () => {
  let repos: string;
  ({ around, repos, server } = await gitSurroundings());
  new BareRepository(repos, 'app.git').commit({ 'index.html': 'x' });
  reached = 0;
  inner = createServer((socket) => {
    reached += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => inner.listen(0, PRIVATE, resolve));
  innerPort = (inner.address() as { port: number }).port;
});

afterEach(async () => {
  await server.close();
  await new Promise((resolve) => inner.close(resolve));
  await around.remove();
});

/** Fetches `repoUrl`, with names that mean what `names` says and no other name server. */
function fetch(repoUrl: string, names: Readonly<Record<string, readonly string[]>>) {
  const resolve = async (host: string) => names[host] ?? [];
  return fetchGit(
    { kind: 'git', repoUrl, branch: 'main', commit: null, token: null, rootDirectory: './' },
    around.workspace,
    {
      allowHttp: true,
      addressesOf: (url) => checkedAddresses(url, resolve, addressPolicy([`${PUBLIC}/32`])),
      limits: { ...SOURCE_LIMITS, retryMs: [] },
      wantsSubmodules: async () => false,
    },
    around.ctx,
  );
}

const port = () => new URL(server.url).port;

const redirectTo = (location: string) => {
  server.intercept = (request, response) => {
    if (!request.url?.startsWith('/moved.git')) return false;
    response.writeHead(302, { location }).end();
    return true;
  };
};

describe('Git', () => {
  it('connects to the address that was checked, whatever a name server would say', async () => {
    // No name server knows this name (RFC 6761): only the pinned address can lead anywhere.
    const head = await fetch(`http://repo.invalid:${port()}/app.git`, { 'repo.invalid': [PUBLIC] });
    expect(head.message).toBe('First');
  });

  it.each([
    ['an address', () => `http://${PRIVATE}:${innerPort}/a.git/info/refs?service=git-upload-pack`],
    ['a name', () => `http://inside.invalid:${innerPort}/a.git/info/refs?service=git-upload-pack`],
    ['an IPv4-mapped address', () => `http://[::ffff:${PRIVATE}]:${innerPort}/a.git/info/refs`],
    ['the metadata service', () => 'http://169.254.169.254/latest/info/refs'],
  ])('is not redirected to a private address: %s', async (_what, location) => {
    redirectTo(location());
    const failure = await failureOf(
      fetch(`http://repo.invalid:${port()}/moved.git`, {
        'repo.invalid': [PUBLIC],
        'inside.invalid': [PRIVATE],
      }),
    );
    expect(failure.code).toBe('source_unavailable');
    expect(failure.message).toContain('resolves to an address that this runner doesn’t allow');
    expect(server.requests.length).toBeGreaterThan(0);
    expect(reached).toBe(0);
  });

  it('is not led to a private address by a name that changes its answer', async () => {
    const answers = [[PUBLIC], [PRIVATE]];
    const names = {
      get 'repo.invalid'() {
        return answers.shift() ?? [PRIVATE];
      },
    };
    const head = await fetch(`http://repo.invalid:${port()}/app.git`, names);
    expect(head.message).toBe('First');
    expect(answers).toHaveLength(1);
    expect(reached).toBe(0);
  });

  it('does not follow a redirect in the middle of a fetch by itself', async () => {
    server.intercept = (request, response) => {
      if (request.method !== 'POST') return false;
      response.writeHead(307, { location: `http://${PRIVATE}:${innerPort}/a.git/git-upload-pack` }).end();
      return true;
    };
    const failure = await failureOf(
      fetch(`http://repo.invalid:${port()}/app.git`, { 'repo.invalid': [PUBLIC] }),
    );
    expect(failure.code).toBe('source_unavailable');
    expect(reached).toBe(0);
  });
});
