/**
 * A server that answers as GitHub documents, on loopback, with as many GitHubs as tests want: each is below
 * `/w/NAME`, with its API at `/w/NAME/api`, and is there once its name is used. Tests arrange it by
 * `POST /w/NAME/control`, whose members are those of `Control`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NextFault } from './faults.ts';
import { githubRoutes } from './routes.ts';
import { GithubWorld, type Installation, PERMISSIONS, type Repository } from './world.ts';

/** What a test arranges; everything is optional, and the answer is what there is then. */
export interface Control {
  repositories?: (Partial<Repository> & { owner: string; name: string })[];
  installations?: (Partial<Omit<Installation, 'account'>> & {
    account: string;
    type?: 'User' | 'Organization';
  })[];
  /** Changes to repositories and installations that are there, by id. */
  change?: ({ id: number } & Record<string, unknown>)[];
  removeInstallation?: number;
  removeComments?: boolean;
  removeChecks?: boolean;
  removeDeployments?: boolean;
  /** A code of the web flow for this login, and one of a manifest. */
  codeFor?: string;
  manifestCode?: boolean;
  /** A token of a person, with which they call the API themselves. */
  personalToken?: string;
  /** Somebody comments. */
  comment?: { repository: string; issue: number; by: string; body: string };
  expireTokens?: boolean;
  drift?: number;
  faults?: NextFault[];
}

/** How a GitHub stands. */
export type Shown = Pick<
  GithubWorld,
  | 'app'
  | 'repositories'
  | 'installations'
  | 'checks'
  | 'statuses'
  | 'deployments'
  | 'deploymentStatuses'
  | 'comments'
  | 'calls'
> & { faults: NextFault[]; code: string | null; token: string | null; privateKey: string };

interface Place {
  world: GithubWorld;
  faults: NextFault[];
  app: ReturnType<typeof githubRoutes>;
}

/** A running server. */
export interface GithubServer {
  origin: string;
  stop(): Promise<void>;
}

export async function startGithub(): Promise<GithubServer> {
  const places = new Map<string, Place>();
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((started) => server.listen(0, '127.0.0.1', started));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function placeOf(name: string): Place {
    const known = places.get(name);
    if (known !== undefined) return known;
    const world = new GithubWorld();
    const place: Place = { world, faults: [], app: githubRoutes(world, origin, `/w/${name}`) };
    places.set(name, place);
    return place;
  }

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', origin);
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const [, , name = ''] = url.pathname.split('/');
    const place = placeOf(name);
    if (url.pathname === `/w/${name}/control`) {
      const shown = control(place, JSON.parse(body.toString() || '{}'));
      outgoing.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(shown));
      return;
    }
    const method = incoming.method ?? 'GET';
    const call = `${method} ${url.pathname.slice(`/w/${name}`.length)}${url.search}`;
    const token = incoming.headers.authorization?.split(' ')[1] ?? null;
    const next = place.faults.findIndex(({ on }) => call.includes(on));
    const fault = next === -1 ? null : (place.faults.splice(next, 1)[0]?.fault ?? null);
    const date = { Date: new Date(place.world.now).toUTCString() };
    if (fault === 'hang') return;
    if (fault !== null && typeof fault === 'object') {
      place.world.calls.push({ call, token, status: fault.status });
      outgoing.writeHead(fault.status, { ...date, ...fault.headers }).end(fault.body);
      return;
    }
    const response = await place.app.fetch(
      new Request(url, {
        method,
        headers: Object.entries(incoming.headers).flatMap(([key, value]) =>
          value === undefined ? [] : [[key, String(value)] as [string, string]],
        ),
        ...(body.length === 0 || method === 'GET' ? {} : { body }),
      }),
    );
    const answered = Buffer.from(await response.arrayBuffer());
    place.world.calls.push({ call, token, status: fault === null ? response.status : 'lost' });
    if (fault === 'lost') {
      incoming.socket.destroy();
      return;
    }
    outgoing.writeHead(response.status, {
      ...date,
      ...Object.fromEntries(response.headers),
      ...(fault === 'half' ? { 'Content-Length': String(answered.length) } : {}),
    });
    if (fault === 'half') {
      outgoing.write(answered.subarray(0, Math.floor(answered.length / 2)));
      setTimeout(() => incoming.socket.destroy(), 20);
    } else outgoing.end(answered);
  }

  return {
    origin,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}

function control(place: Place, wanted: Control): Shown {
  const { world } = place;
  for (const one of wanted.repositories ?? []) {
    world.repositories.push({
      id: world.id(),
      private: true,
      branches: ['main'],
      people: {},
      commits: [],
      locked: [],
      formerly: null,
      ...one,
    });
  }
  for (const { account, type, ...one } of wanted.installations ?? []) {
    world.installations.push({
      id: world.id(),
      account: world.account(account, type),
      selection: 'all',
      repositories: [],
      permissions: PERMISSIONS,
      suspendedAt: null,
      ...one,
    });
  }
  for (const change of wanted.change ?? []) {
    const found = [...world.repositories, ...world.installations].find(({ id }) => id === change.id);
    if (found !== undefined) Object.assign(found, change);
  }
  const gone = world.installations.findIndex(({ id }) => id === wanted.removeInstallation);
  if (gone !== -1) world.installations.splice(gone, 1);
  if (wanted.removeComments) world.comments.length = 0;
  if (wanted.removeChecks) world.checks.length = 0;
  if (wanted.removeDeployments) world.deployments.length = 0;
  if (wanted.comment !== undefined) world.comments.push({ id: world.id(), ...wanted.comment });
  if (wanted.expireTokens) for (const token of world.tokens.values()) token.expiresAt = 0;
  if (wanted.drift !== undefined) world.drift = wanted.drift;
  if (wanted.faults !== undefined) place.faults.splice(0, place.faults.length, ...wanted.faults);
  let code: string | null = null;
  if (wanted.codeFor !== undefined) {
    world.account(wanted.codeFor);
    code = crypto.randomUUID().replaceAll('-', '');
    world.codes.set(code, wanted.codeFor);
  }
  if (wanted.manifestCode) {
    code = crypto.randomUUID().replaceAll('-', '');
    world.manifests.set(code, { used: false });
  }
  const token =
    wanted.personalToken === undefined
      ? null
      : world.makeToken({
          kind: 'personal',
          login: wanted.personalToken,
          repositories: null,
          permissions: {},
        }).token;
  const {
    app,
    repositories,
    installations,
    checks,
    statuses,
    deployments,
    deploymentStatuses,
    comments,
    calls,
  } = world;
  return {
    app,
    repositories,
    installations,
    checks,
    statuses,
    deployments,
    deploymentStatuses,
    comments,
    calls,
    faults: place.faults,
    code,
    token,
    privateKey: world.privateKey,
  };
}
