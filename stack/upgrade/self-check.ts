/** Whether an instance works after an upgrade: compared with what it answered before. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, isClientError } from '@appflux/client';
import { z } from 'zod';
import { messageOf, StackProblem } from '../problem.ts';

/** How long a start may take: it migrates, and may build images. Milliseconds. */
const READY_WITHIN_MS = 600_000;
const RUNNER_WITHIN_MS = 120_000;
const ASK_EVERY_MS = 500;

/** Larger artifacts are only asked for a part. */
const WHOLE_UP_TO_BYTES = 100_000_000;

/** What an instance has, which it still has to have afterwards. */
export interface Sample {
  /** The newest app; null if there is none. */
  readonly app: { readonly id: string; readonly slug: string } | null;
  /** The newest artifact; null if there is none. */
  readonly artifact: { readonly path: string; readonly sha256: string; readonly size: number } | null;
  /** The ids of the runners that were online. */
  readonly online: readonly string[];
}

/** Reads a sample of a running instance. */
export async function takeSample(client: Client): Promise<Sample> {
  const { items: apps } = await client.apps.list({ limit: 1 });
  const [app] = apps;
  const { items } = await client.deployments.list({ limit: 20, status: 'success' });
  const artifact = items.flatMap(({ artifacts }) => artifacts)[0];
  return {
    app: app === undefined ? null : { id: app.id, slug: app.slug },
    artifact:
      artifact === undefined
        ? null
        : { path: pathOf(artifact.url), sha256: artifact.sha256, size: artifact.size },
    online: (await client.runners.list()).filter(({ status }) => status === 'online').map(({ id }) => id),
  };
}

const pathOf = (url: string): string => {
  const { pathname, search } = new URL(url);
  return pathname + search;
};

export interface CheckOptions {
  readonly url: string;
  readonly client: Client;
  /** The version that has to answer. */
  readonly version: string;
  readonly sample: Sample;
  readonly signal: AbortSignal;
  /** Whether the program that was started has ended; then there is nothing to wait for. */
  readonly hasEnded: () => Promise<boolean>;
  readonly detail: (text: string) => void;
}

/**
 * Checks an instance that was just started: health, version, sign-in, an app, an artifact, a runner.
 * @throws StackProblem `upgrade_failed` with what does not work
 */
export async function checkInstance(options: CheckOptions): Promise<void> {
  const { detail } = options;
  detail('waiting for the control plane');
  await untilHealthy(options);
  detail('signing in');
  await named('Signing in', () => signIn(options));
  detail('reading an app and an artifact');
  await named('Reading an app', () => readApp(options));
  await named('Reading an artifact', () => readArtifact(options));
  detail('waiting for a runner');
  await untilRunner(options);
}

/** Waits until every part works. */
export async function untilHealthy({
  client,
  version,
  signal,
  hasEnded,
}: Pick<CheckOptions, 'client' | 'version' | 'signal' | 'hasEnded'>): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    signal.throwIfAborted();
    const health = await client.instance.health().catch((error: unknown) => {
      // Not listening yet, or starting.
      if (isClientError(error)) return null;
      throw error;
    });
    if (health?.status === 'ok') {
      if (health.version === version) return;
      throw failed(`The control plane reports version ${health.version}, not ${version}`);
    }
    if (await hasEnded()) throw failed('The instance ended while it was starting');
    if (performance.now() > deadline) throw failed('The control plane was not healthy within 10 minutes');
    await sleep(ASK_EVERY_MS, undefined, { signal });
  }
}

const Session = z.object({ access_token: z.string() });

/** How often a link is tried: the instance that starts creates one, too, and each link ends those before it. */
const LINKS = 3;

/** Signs the owner in by a link, and out again. With Supabase, its project signs people in. */
export async function signIn({ url, client }: Pick<CheckOptions, 'url' | 'client'>): Promise<void> {
  if ((await client.instance.config()).auth.issuer !== 'embedded') return;
  let verified = await verifyLink(url, client);
  for (let tried = 1; verified.status === 403 && tried < LINKS; tried += 1)
    verified = await verifyLink(url, client);
  if (!verified.ok) throw new Error(`the link was answered with ${verified.status}`);
  const headers = { Authorization: `Bearer ${Session.parse(await verified.json()).access_token}` };
  const me = await fetch(`${url}/api/me`, { headers });
  if (!me.ok) throw new Error(`the session was answered with ${me.status}`);
  await fetch(`${url}/auth/v1/logout?scope=local`, { method: 'POST', headers });
}

/** Creates a link and signs in by it. */
async function verifyLink(url: string, client: CheckOptions['client']): Promise<Response> {
  const link = await client.operator.createSignInLink();
  const token_hash = new URLSearchParams(new URL(link.url).hash.slice(1)).get('token_hash');
  return fetch(`${url}/auth/v1/verify`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ type: 'magiclink', token_hash }),
  });
}

async function readApp({ client, sample: { app } }: CheckOptions): Promise<void> {
  if (app === null) return;
  const found = await client.apps.get(app.slug);
  if (found.id !== app.id) throw new Error(`${app.slug} has the id ${found.id}, not ${app.id}`);
}

async function readArtifact({ url, sample: { artifact } }: CheckOptions): Promise<void> {
  if (artifact === null) return;
  const { path, sha256, size } = artifact;
  const isWhole = size <= WHOLE_UP_TO_BYTES;
  const response = await fetch(url + path, isWhole ? {} : { headers: { Range: 'bytes=0-1023' } });
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}`);
  const hash = createHash('sha256')
    .update(Buffer.from(await response.arrayBuffer()))
    .digest('hex');
  if (isWhole && hash !== sha256) throw new Error(`${path} has other bytes than before`);
}

/** Waits until one of the runners that were online is online again. */
async function untilRunner({ client, sample: { online }, signal }: CheckOptions): Promise<void> {
  if (online.length === 0) return;
  const deadline = performance.now() + RUNNER_WITHIN_MS;
  for (;;) {
    signal.throwIfAborted();
    const runners = await client.runners.list();
    if (runners.some(({ id, status }) => status === 'online' && online.includes(id))) return;
    if (performance.now() > deadline)
      throw failed(`None of the ${online.length} runners that were online has connected again`);
    await sleep(ASK_EVERY_MS, undefined, { signal });
  }
}

async function named(what: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    throw failed(`${what} failed (${messageOf(error)})`, error);
  }
}

const failed = (message: string, cause?: unknown) =>
  new StackProblem('upgrade_failed', message, 'the version before is put back', { cause });
