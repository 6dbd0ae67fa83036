/** Whether a deployed instance works: what a visitor, an owner and an upload need, one after the other. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@appflux/client';
import { hasEnded } from '@appflux/protocol';
import { TextReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js';
import { messageOf } from '../problem.ts';

/** A check that failed. */
export interface Failure {
  readonly check: string;
  readonly reason: string;
}

export interface SmokeResult {
  /** The checks that passed. */
  readonly passed: readonly string[];
  readonly failure: Failure | null;
  /** Signs the owner in once; null if nobody may ask for it. */
  readonly signInUrl: string | null;
}

export interface SmokeOptions {
  readonly url: string;
  /** Without it, everything that only the operator may do is left out. */
  readonly operatorSecret: string | null;
  /** For how long a new address may take until it answers: DNS and certificates. Milliseconds. */
  readonly patienceMs: number;
  readonly onPassed?: (check: string) => void;
}

/** How long one request may take, and the pause between tries. Milliseconds. */
const WITHIN_MS = 20_000;
const PAUSE_MS = 5_000;

/** Runs the checks until one fails. Never throws for what the instance does. */
export async function smokeTest(options: SmokeOptions): Promise<SmokeResult> {
  const passed: string[] = [];
  let signInUrl: string | null = null;
  const checks: readonly (readonly [string, () => Promise<void>])[] = [
    ['health: metadata, storage and queue work', () => health(options)],
    ['the page has its policy, and its files may be cached for a year', () => page(options.url)],
    ['WebSockets reach the instance', () => webSocket(options.url)],
    ...(options.operatorSecret === null
      ? []
      : [
          [
            'a sign-in link for the owner',
            async () => {
              signInUrl = await signIn(options.url, options.operatorSecret ?? '');
            },
          ] as const,
          [
            'a browser may upload to storage',
            () => upload(options.url, options.operatorSecret ?? ''),
          ] as const,
        ]),
  ];
  for (const [check, run] of checks) {
    try {
      await run();
    } catch (error) {
      return { passed, failure: { check, reason: withCause(error) }, signInUrl };
    }
    passed.push(check);
    options.onPassed?.(check);
  }
  return { passed, failure: null, signInUrl };
}

const withCause = (error: unknown): string => {
  const { cause } = error as { cause?: unknown };
  return cause == null ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`;
};

const get = (url: string, init: RequestInit = {}) =>
  fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(WITHIN_MS), ...init });

/** A new host needs its DNS record and certificate, which take minutes. An answer that says what is wrong is final. */
async function health({ url, patienceMs }: SmokeOptions): Promise<void> {
  const until = Date.now() + patienceMs;
  for (;;) {
    try {
      const response = await get(`${url}/api/health`);
      const body = await response.text();
      if (response.ok) return;
      throw new Error(`/api/health answers ${response.status}: ${body.slice(0, 300)}`);
    } catch (error) {
      if (Date.now() + PAUSE_MS > until) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

async function page(url: string): Promise<void> {
  const response = await get(`${url}/`);
  const html = await response.text();
  expectThat(response.status === 200, `/ answers ${response.status}`);
  expectThat(
    response.headers.get('Content-Security-Policy')?.includes('connect-src') === true,
    'the page has no Content-Security-Policy: is something between you and the instance that removes headers?',
  );
  const file = /(?:src|href)="(\/_appflux\/[^"]*immutable\/[^"]+)"/.exec(html)?.[1];
  expectThat(
    file !== undefined,
    'the page names no file of the dashboard: is it the page of another product?',
  );
  const asset = await get(`${url}${file}`);
  await asset.body?.cancel();
  expectThat(asset.status === 200, `${file} answers ${asset.status}`);
  expectThat(
    asset.headers.get('Cache-Control')?.includes('immutable') === true,
    `${file} may not be cached: ${asset.headers.get('Cache-Control')}`,
  );
  const gone = await get(`${url}/_appflux/immutable/gone.js`);
  await gone.body?.cancel();
  expectThat(gone.status === 404, `a missing file of the dashboard answers ${gone.status} instead of 404`);
}

/** An upgrade without credentials is refused by the instance itself, and not by what is in front of it. */
async function webSocket(url: string): Promise<void> {
  const { status, body } = await askForUpgrade(`${url}/api/deployments/${'0'.repeat(24)}/logs/live`);
  expectThat(
    body.includes('"error"'),
    `a WebSocket is answered ${status}, not as the API does: is a firewall rule or Bot Fight Mode in front of it?`,
  );
}

async function askForUpgrade(url: string): Promise<{ status: number; body: string }> {
  const { request } = url.startsWith('https:') ? https : http;
  const asked = request(url, {
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      'Sec-WebSocket-Protocol': 'appflux.logs.v1',
    },
    signal: AbortSignal.timeout(WITHIN_MS),
  }).end();
  const [response]: [http.IncomingMessage] = (await once(asked, 'response')) as [http.IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
}

async function signIn(url: string, operatorSecret: string): Promise<string> {
  const { operator } = createClient({ url, token: operatorSecret, timeoutMs: WITHIN_MS });
  const { signIn: link } = await operator.setUp();
  expectThat(link.url.startsWith(`${url}/`), `the sign-in link begins with another URL than ${url}`);
  return link.url;
}

/** Uploads a small file as a browser does: storage has to answer the question that a browser asks first (CORS). */
async function upload(url: string, operatorSecret: string): Promise<void> {
  const { uploads } = createClient({ url, token: operatorSecret, timeoutMs: WITHIN_MS });
  const bytes = await sampleZip();
  const { uploadId, parts } = await uploads.create({ name: 'smoke-test.zip', size: bytes.length });
  const [part] = parts;
  expectThat(part !== undefined, 'the instance grants an upload without parts');
  const preflight = await get(part.url, {
    method: 'OPTIONS',
    headers: { Origin: url, 'Access-Control-Request-Method': 'PUT' },
  });
  await preflight.body?.cancel();
  const allowed = preflight.headers.get('Access-Control-Allow-Origin');
  expectThat(
    allowed === url || allowed === '*',
    'storage does not allow uploads from the dashboard: check its CORS rules',
  );
  const put = await get(part.url, { method: 'PUT', headers: { Origin: url }, body: bytes });
  const etag = put.headers.get('ETag');
  expectThat(
    put.ok && etag !== null,
    `storage answers an upload with ${put.status}: ${(await put.text()).slice(0, 300)}`,
  );
  await uploads.complete(uploadId, [{ partNumber: part.partNumber, etag }]);
}

/**
 * Deploys a small site, if a runner is online that can build it, and removes the app again.
 * @returns whether there was a runner
 */
export async function deployOnce(url: string, operatorSecret: string, patienceMs: number): Promise<boolean> {
  const { apps, deployments, runners, uploads } = createClient({
    url,
    token: operatorSecret,
    timeoutMs: WITHIN_MS,
  });
  if (!(await runners.list()).some(({ status }) => status === 'online')) return false;
  const uploadId = await uploads.send({ name: 'smoke-test.zip', blob: new Blob([await sampleZip()]) });
  const { slug } = await apps.create({ name: 'Smoke test', source: { provider: 'upload' } });
  try {
    const { id } = await deployments.create(slug, { uploadId });
    const until = Date.now() + patienceMs;
    for (;;) {
      const { status, failure } = await deployments.get(id);
      if (status === 'success') return true;
      expectThat(!hasEnded(status), `the deployment ended as ${status}: ${failure?.message ?? ''}`);
      expectThat(Date.now() < until, `the deployment is still ${status}`);
      await sleep(PAUSE_MS / 5);
    }
  } finally {
    await apps.delete(slug);
  }
}

/** A project that is one page. */
async function sampleZip(): Promise<Uint8Array<ArrayBuffer>> {
  const writer = new ZipWriter(new Uint8ArrayWriter());
  await writer.add('index.html', new TextReader('<!doctype html><title>Smoke test</title><p>It works.'));
  return writer.close();
}

function expectThat(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new Error(reason);
}
