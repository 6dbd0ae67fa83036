/** The round trips of the paths that an instance goes most often, counted in workerd. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, pause } from '../../e2e/instance/client.ts';
import { type SimulatedAttempt, SimulatedRunner } from '../../e2e/instance/simulated-runner.ts';
import { SAMPLE_PLAN } from '../plan.ts';
import { makeFolder } from '../publish/folder.ts';
import { publishFolder } from '../publish/publish.ts';
import { pushOf, SECRET, signed } from '../trigger/webhook.ts';
import { type CountedInstance, startCountedInstance } from './instance.ts';
import { type RoundTrips, roundTripsOf, type Trace } from './trips.ts';

/** A path, and what it took. */
export interface HotPath {
  readonly what: string;
  readonly trips: RoundTrips;
  /** Each call, by the handlers that made them. */
  readonly calls: string;
}

/** What rings some seconds after a deployment has ended: by then another path may be counted. */
const LATER = 'DeploymentObject.alarm';

/** Nothing more is expected when no handler has made a call for so long, in milliseconds. */
const QUIET_MS = 700;

/** How long a handler is waited for, in milliseconds. */
const PATIENCE_MS = 30_000;

/** Measures the paths at an instance of their own. */
export async function measureHotPaths(): Promise<HotPath[]> {
  const instance = await startCountedInstance({ variables: { GITHUB_WEBHOOK_SECRET: SECRET } });
  const root = await mkdtemp(join(tmpdir(), 'appflux-bench-paths-'));
  try {
    return await new Walk(instance, root).all();
  } finally {
    await rm(root, { recursive: true });
    await instance.stop();
  }
}

class Walk {
  readonly #instance: CountedInstance;
  readonly #client: Client;
  readonly #root: string;
  readonly #paths: HotPath[] = [];
  /** Of the last counted path. */
  #noted: readonly Trace[] = [];

  constructor(instance: CountedInstance, root: string) {
    this.#instance = instance;
    this.#client = new Client(instance);
    this.#root = root;
  }

  async all(): Promise<HotPath[]> {
    const runner = await SimulatedRunner.connect(
      this.#instance.url,
      await this.#client.registerRunner('paths'),
    );
    try {
      const id = await this.#deployment(runner);
      await this.#site(runner);
      await this.#webhook(runner);
      // Last: the downloads of some seconds are counted together later, while another path would be.
      const file = `/dl/${id}/app.AppImage`;
      await this.#count('download a file', `GET ${file}`, () => this.#open(file));
    } finally {
      runner.pool.socket.close();
    }
    return this.#paths;
  }

  /** A deployment from its request to its end, and the pages that show it. Gives its id. */
  async #deployment(runner: SimulatedRunner): Promise<string> {
    const client = this.#client;
    await client.createApp({ name: 'Trips', slug: 'trips', type: 'desktop' });
    const uploadId = await client.upload('source.zip', Buffer.from('not unpacked here'));
    const attempt = await this.#count('create a deployment', 'POST /api/apps/trips/deployments', async () => {
      await client.deploy('trips', { uploadId });
      return runner.begin();
    });
    const { deploymentId: id } = attempt.grant;
    this.#also('from offer to grant', 'PoolObject.offer', 'end');
    this.#also('from grant to the first line', `GET /api/deployments/${id}/attempts/1/connect`);
    await this.#count('read a deployment that runs', `GET /api/deployments/${id}`, () =>
      client.deployment(id),
    );
    await this.#count('a batch of its log', 'DeploymentObject.webSocketMessage', async () => {
      attempt.lines(1, 100);
      await attempt.acked();
    });
    await deliver(attempt);
    await this.#count('its end', 'DeploymentObject.webSocketMessage', async () => {
      attempt.finish({ status: 'success', artifacts: ['app.AppImage'] });
      await attempt.socket.next('finished');
      runner.free(attempt.grant);
    });
    this.#noted = (await this.#untilQuiet(LATER)).filter(({ what }) => what === LATER);
    this.#also('its object empties itself', LATER, 'end');
    await client.until(id, ({ status }) => status === 'success');
    await this.#count('read a deployment that has ended', `GET /api/deployments/${id}`, () =>
      client.deployment(id),
    );
    await this.#count('list apps', 'GET /api/apps', () => client.api.apps.list());
    await this.#count('list deployments', 'GET /api/apps/trips/deployments', () =>
      client.fetch('GET', '/api/apps/trips/deployments'),
    );
    const page = () => this.#open('/a/trips');
    await this.#count('download page, first view', 'GET /a/trips', page);
    await this.#count('download page, drawn before', 'GET /a/trips', page);
    return id;
  }

  async #site(runner: SimulatedRunner): Promise<void> {
    const client = this.#client;
    await client.createApp({ name: 'Paths', slug: 'paths', type: 'web' });
    await makeFolder(join(this.#root, 'dist'), 20);
    await publishFolder({ client, runner, slug: 'paths' }, this.#root, async () => undefined);
    while ((await client.app('paths')).release === null) await pause(50);
    const host = `paths.sites.localhost:${new URL(this.#instance.url).port}`;
    await this.#count('site page, first view', 'GET /', () => this.#open('/', host));
    // The isolate knows the host for a second.
    await pause(1_200);
    await this.#count('site page, after some seconds', 'GET /', () => this.#open('/', host));
  }

  async #webhook(runner: SimulatedRunner): Promise<void> {
    const repoUrl = 'https://git.example/team/paths.git';
    const source = { provider: 'github', repoUrl } as const;
    await this.#client.createApp({ name: 'Pushed', slug: 'pushed', source });
    const { body, headers } = signed('push', pushOf({ repoUrl, after: 'a'.repeat(40) }));
    const attempt = await this.#count('webhook of a push', 'POST /hooks/github', async () => {
      const answer = await fetch(`${this.#instance.url}/hooks/github`, { method: 'POST', body, headers });
      if (answer.status !== 202) throw new Error(`the webhook was answered ${answer.status}`);
      return runner.begin();
    });
    attempt.fail();
  }

  /** Goes a path, and counts what the handler `what` and all others did meanwhile. */
  async #count<Result>(what: string, handler: string, go: () => Promise<Result>): Promise<Result> {
    // Once a minute the use of a token is noted: not while it is counted.
    await this.#client.runners();
    await this.#untilQuiet();
    await fetch(`${this.#instance.url}/bench/trips`, { method: 'DELETE' });
    const result = await go();
    const noted = await this.#untilQuiet(handler);
    this.#noted = noted;
    this.#also(what, handler);
    return result;
  }

  /** A path that was gone as a part of the last counted one. */
  #also(what: string, handler: string, until?: 'answer' | 'end'): void {
    const noted = this.#noted;
    this.#paths.push({ what, trips: roundTripsOf(handler, noted, until), calls: described(noted) });
  }

  /** Waits until nothing is noted any more, and `handler` was. */
  async #untilQuiet(handler?: string): Promise<Trace[]> {
    let last = '';
    for (const begun = Date.now(); Date.now() - begun < PATIENCE_MS; ) {
      const all: Trace[] = await (await fetch(`${this.#instance.url}/bench/trips`)).json();
      // Crons run once a minute, whatever else happens.
      const noted = all.filter(
        ({ what }) => !what.startsWith('scheduled ') && (what !== LATER || handler === LATER),
      );
      const text = JSON.stringify(noted);
      if (text === last && (handler === undefined || noted.some(({ what }) => what === handler)))
        return noted;
      last = text;
      await pause(QUIET_MS);
    }
    throw new Error(`${handler ?? 'quiet'} did not come within ${PATIENCE_MS / 1000} s, but ${last}`);
  }

  /** Reads a page as a browser does. Node's fetch sends no Host of its own. */
  #open(path: string, host?: string): Promise<void> {
    const { hostname, port, host: own } = new URL(this.#instance.url);
    return new Promise((resolve, reject) => {
      const options = { host: hostname, port, path, headers: { host: host ?? own } };
      const request = get(options, (answer) => {
        answer.resume();
        answer.once('error', reject);
        answer.once('end', () =>
          answer.statusCode === 200 ? resolve() : reject(new Error(`${path}: ${answer.statusCode}`)),
        );
      });
      request.once('error', reject);
    });
  }
}

/** Delivers a file that people download. */
async function deliver(attempt: SimulatedAttempt): Promise<void> {
  attempt.socket.send({ type: 'plan', attempt: 1, plan: SAMPLE_PLAN, version: '1.0.0' });
  const bytes = Buffer.from('an app');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await attempt.deliver({ name: 'app.AppImage', sha256 }, bytes);
}

/** Handlers that made calls, with those: what has the same number ran side by side, `*` was not waited for. */
const described = (noted: readonly Trace[]): string =>
  noted
    .filter(({ trips }) => trips.length > 0)
    .map(({ what, trips }) => {
      const calls = trips.map((made) => `${made.level} ${made.what}${made.isAwaited ? '' : '*'}`);
      return `${what}: ${calls.join(', ')}`;
    })
    .join('\n');
