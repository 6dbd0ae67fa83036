/** Every job reaches one runner, once, however often the pool's object sleeps and its runners come back. */
import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { App, Deployment } from '@appflux/protocol';
import { beforeEach, expect, test } from 'vitest';
import { givenRunner } from '../testing/attempt.ts';
import { founder, type SignedIn } from '../testing/people.ts';
import { connectPool } from '../testing/pool.ts';
import { forgetAll, request } from '../testing/worker.ts';

const APPS = 4;
const EACH = 3;
const RUNNERS = 3;

let owner: SignedIn;

beforeEach(async () => {
  await forgetAll();
  owner = await founder();
});

const pool = () => env.POOLS.getByName(owner.user.id);

async function post(path: string, json: unknown = {}) {
  const response = await request(path, { method: 'POST', token: owner.token, json });
  expect(response.ok).toBe(true);
  return response.json();
}

/** Apps with deployments that all wait; gives the app of each. */
async function waiting(): Promise<Map<string, string>> {
  const apps = new Map<string, string>();
  for (let n = 0; n < APPS; n += 1) {
    const source = { provider: 'git', repoUrl: 'https://git.example/team/site.git', branch: 'main' };
    const build = { supersede: false, concurrency: EACH };
    const app = App.parse(await post('/api/apps', { name: `Site ${n}`, slug: `site-${n}`, source, build }));
    for (let each = 0; each < EACH; each += 1)
      apps.set(Deployment.parse(await post(`/api/apps/${app.slug}/deployments`)).id, app.id);
  }
  await expect.poll(() => pool().depth()).toBe(apps.size);
  return apps;
}

type Connected = Awaited<ReturnType<typeof connectPool>>;

/** A runner of one slot, which holds what it was granted until the test ends it. */
class Holder {
  readonly #credential: string;
  #socket: Connected | null = null;
  /** Grants of earlier connections. */
  readonly #earlier: string[] = [];
  readonly #ended = new Set<string>();

  constructor(credential: string) {
    this.#credential = credential;
  }

  /** What it was granted, in order; a grant that is sent again is one. */
  get granted(): string[] {
    const now = this.#socket?.grants() ?? [];
    return [...new Set([...this.#earlier, ...now.map((grant) => `${grant.deploymentId} ${grant.attempt}`)])];
  }

  get holds(): { deploymentId: string; attempt: number } | null {
    const held = this.granted.find((grant) => !this.#ended.has(grant));
    const [deploymentId = '', attempt] = held?.split(' ') ?? [];
    return held === undefined ? null : { deploymentId, attempt: Number(attempt) };
  }

  /** Connects, again if it was connected. It says what it holds if it has taken it up. */
  async connect({ hasTakenUp }: { hasTakenUp: boolean }): Promise<void> {
    const held = this.holds;
    const running = held !== null && hasTakenUp ? [held] : [];
    this.#earlier.push(...this.granted);
    this.#socket = await connectPool(this.#credential);
    this.#socket.hello({ labels: [], slots: 1, running });
  }

  /** Its build ends, and its slot is free. */
  async end(): Promise<void> {
    const held = this.holds;
    if (held === null) return;
    this.#socket?.send({ type: 'accepted', ...held });
    await pool().withdraw(held.deploymentId);
    this.#ended.add(`${held.deploymentId} ${held.attempt}`);
    this.#socket?.send({ type: 'freed', ...held });
  }
}

test('all are handed out once, and the first of them to different Apps', async () => {
  const appOf = await waiting();
  const holders: Holder[] = [];
  for (let n = 0; n < RUNNERS; n += 1)
    holders.push(new Holder((await givenRunner(owner.user.id)).credential));
  for (const holder of holders) await holder.connect({ hasTakenUp: false });
  const granted = () => holders.flatMap((holder) => holder.granted);
  const first = () => granted().map((grant) => appOf.get(grant.split(' ')[0] ?? ''));

  // Each of the first goes to another App.
  await expect.poll(() => new Set(first()).size).toBe(RUNNERS);
  for (let round = 0; granted().length < appOf.size; round += 1) {
    const holder = holders[round % RUNNERS] as Holder;
    if (round % 2 === 0) {
      // Only an object that is awake can be evicted; it may have fallen asleep meanwhile.
      await pool().depth();
      await evictDurableObject(pool());
    }
    // Once it has not taken up what it was granted: the same grant comes again, for the same attempt.
    if (round % 3 === 0) await holder.connect({ hasTakenUp: round % 2 === 0 });
    const before = granted().length;
    await holder.end();
    await expect.poll(() => granted().length).toBe(before + 1);
  }
  for (const holder of holders) await holder.end();
  await expect.poll(() => pool().load()).toEqual({ running: 0, queued: 0 });
  expect(granted().sort()).toEqual([...appOf.keys()].map((id) => `${id} 1`).sort());
});
