/** An instance behind nginx, with the configuration that docs/self-hosting.md gives. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Child, startChild } from '../../stack/child.ts';
import { firstExisting } from '../../stack/debian.ts';
import { publicUrl, s3Endpoint, s3EndpointAt } from '../../stack/edge/config.ts';
import { freePort } from '../../stack/free-port.ts';
import { fetchByLoopback, http2Status } from '../instance/caller.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { uploadAndFollow } from './through.ts';

const HOST = 'flux.example.com';
const DOCS = join(import.meta.dirname, '..', '..', 'docs', 'self-hosting.md');

const nginx = firstExisting('/usr/sbin/nginx', '/usr/local/sbin/nginx');

let folder: string;
let ca: string;
let edge: EdgeInstance;
let localUrl: string;
let proxy: Child;
let restoreFetch: (() => void) | undefined;

/** The server of the documentation, with the paths and ports of this test. */
async function configuration(port: number, edgePort: number): Promise<string> {
  const server = /```nginx\n([\s\S]*?)```/.exec(await readFile(DOCS, 'utf8'))?.[1] ?? '';
  const changes: [string, string][] = [
    ['listen 443 ssl http2;', `listen 127.0.0.1:${port} ssl http2;`],
    ['/etc/ssl/flux.pem', join(folder, 'cert.pem')],
    ['/etc/ssl/flux.key', join(folder, 'key.pem')],
    ['127.0.0.1:8787', `127.0.0.1:${edgePort}`],
  ];
  for (const [before] of changes) expect(server).toContain(before);
  const ours = changes.reduce((text, [before, after]) => text.replace(before, after), server);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join('\n');
  return `daemon off;\npid ${join(folder, 'nginx.pid')};\nuser root;\nevents {}\nhttp {\naccess_log off;\n${temporary}\n${ours}}\n`;
}

beforeAll(async () => {
  if (nginx === null) return;
  folder = await mkdtemp(join(tmpdir(), 'appflux-nginx-'));
  await execa('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${HOST}`],
    ...['-addext', `subjectAltName=DNS:${HOST}`, '-keyout', join(folder, 'key.pem')],
    ...['-out', join(folder, 'cert.pem')],
  ]);
  ca = await readFile(join(folder, 'cert.pem'), 'utf8');
  const port = await freePort();
  const url = `https://${HOST}:${port}`;
  let edgePort = 0;
  edge = await startInstance({
    reachedAt: () => url,
    variables: (own) => {
      edgePort = own;
      return { S3_ENDPOINT: s3Endpoint(own), S3_PUBLIC_ENDPOINT: s3EndpointAt(url) };
    },
    config: { trustedProxies: ['127.0.0.1'] },
  });
  localUrl = publicUrl(edgePort);
  const file = join(folder, 'nginx.conf');
  await writeFile(file, await configuration(port, edgePort));
  proxy = await startChild({
    command: nginx,
    args: ['-c', file, '-p', folder, '-e', 'stderr'],
    cwd: folder,
    env: process.env,
    logFile: join(folder, 'nginx.log'),
  });
  restoreFetch = fetchByLoopback(ca);
});

afterAll(async () => {
  restoreFetch?.();
  await proxy?.stop(2_000);
  await edge?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

beforeEach(({ skip }) => {
  if (nginx === null) skip('nginx is not available');
});

test('the dashboard and the API answer, by HTTP/2 too', async () => {
  await expect
    .poll(() =>
      fetch(`${edge.url}/api/health`).then(
        ({ status }) => status,
        (error: Error) => `${error.message} ${String(error.cause)}`,
      ),
    )
    .toBe(200);
  expect(await http2Status(new URL(`${edge.url}/api/health`), ca)).toBe(200);
});

test('a large upload and a live log go through', async () => {
  await uploadAndFollow({ edge, localUrl }, ca);
});
