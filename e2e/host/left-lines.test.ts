/** What a build has printed is not lost with its runner: the next process of the runner sends it. */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type RunnerProcess, startRunner } from '../instance/runner.ts';
import { zipOf } from '../source/zip.ts';

const SECRET = 'correct-horse-battery-staple';

let edge: EdgeInstance;
let road: Road;
let runner: RunnerProcess;
let client: Client;
let folder: string;

beforeAll(async () => {
  edge = await startInstance();
  client = new Client(edge);
  road = await openRoad(Number(new URL(edge.url).port));
  folder = await mkdtemp(join(tmpdir(), 'appflux-left-lines-'));
  const env = { APPFLUX_RUNNER_EXECUTOR: 'host' };
  runner = await startRunner({ url: road.url, token: edge.token }, { labels: ['macos'], env });
});
afterAll(async () => {
  await runner?.stop();
  await road?.close();
  await edge?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The only way from the runner to the edge. */
interface Road {
  readonly url: string;
  block(): void;
  unblock(): void;
  close(): Promise<void>;
}

async function openRoad(port: number): Promise<Road> {
  const sockets = new Set<Socket>();
  let isBlocked = false;
  const server = createServer((from) => {
    if (isBlocked) return from.destroy();
    const to = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [from, to],
      [to, from],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    block: () => {
      isBlocked = true;
      cut();
    },
    unblock: () => {
      isBlocked = false;
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A build that prints numbered lines until it is killed. At its second start it succeeds. */
const printing = (count: string) => `
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
if (existsSync(${JSON.stringify(count)})) {
  mkdirSync('dist', { recursive: true });
  writeFileSync('dist/index.html', 'hello');
  console.log('the second attempt');
} else {
  let printed = 0;
  setInterval(() => {
    for (let n = 0; n < 5; n += 1) {
      printed += 1;
      console.log('printed ' + printed + ' ' + process.env.SECRET_WORD);
    }
    writeFileSync(${JSON.stringify(count)}, String(printed));
  }, 5);
}
`;

it('a runner is killed while the edge cannot be reached: its next process sends all lines before the next attempt', async () => {
  const count = join(folder, 'count');
  const uploadId = await client.upload(
    'printing.zip',
    await zipOf({
      'package.json': JSON.stringify({ name: 'printing', version: '1.0.0' }),
      'appflux.json': JSON.stringify({
        installCommand: 'true',
        buildCommand: 'node build.mjs',
        outputs: ['dist'],
      }),
      'build.mjs': printing(count),
    }),
  );
  const envVars = { SECRET_WORD: SECRET };
  const { slug } = await client.createApp({ name: 'Printing', build: { labels: ['macos'] }, envVars });
  const { id } = await client.deploy(slug, { uploadId });
  const printed = async () => Number(await readFile(count, 'utf8').catch(() => '0'));
  await expect.poll(printed, { timeout: 20_000 }).toBeGreaterThan(20);
  road.block();
  const before = await printed();
  await expect.poll(printed, { timeout: 20_000 }).toBeGreaterThan(before + 400);
  // What the build had printed by now, the runner has read when it has printed as much again.
  const least = await printed();
  await expect.poll(printed, { timeout: 20_000 }).toBeGreaterThan(least + 200);
  await runner.kill();

  const spools = join(runner.state, 'spool');
  const names = await readdir(spools);
  expect(names).toEqual([`${id}-1.ndjson`]);
  const spool = join(spools, names[0] ?? '');
  expect((await stat(spool)).mode & 0o777).toBe(0o600);
  const kept = await readFile(spool, 'utf8');
  expect(kept).not.toContain(SECRET);

  road.unblock();
  await runner.start();
  expect(await client.untilEnded(id)).toMatchObject({ status: 'success', attempt: 2 });
  const { items } = await client.logs(id);
  expect(items.map(({ seq }) => seq)).toEqual(items.map((_, index) => index + 1));
  const texts = items.map(({ text }) => text);
  const numbers = texts.flatMap((text) => /^printed (\d+) /.exec(text)?.[1] ?? []).map(Number);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(numbers.length).toBeGreaterThanOrEqual(least);
  const last = kept.trimEnd().split('\n').at(-1) ?? '';
  expect(items.map((line) => JSON.stringify(line))).toContain(last);
  const end = texts.findIndex((text) => text.includes('was restarted'));
  expect(end).toBe(items.findIndex((line) => JSON.stringify(line) === last) + 1);
  expect(texts.slice(end).join('\n')).toContain('the second attempt');
  expect(texts.join('\n')).not.toContain('may be missing');
  expect(texts.join('\n')).not.toContain(SECRET);
  expect(await readdir(spools)).toEqual([]);
});
