/**
 * No sender stalls the others: during an endless flood of any kind of frame, other builds' logs arrive, the API
 * answers, and the sender is closed. The tests measure no time; they only check that all of it happens.
 */
import { createConnection } from 'node:net';
import {
  CLOSE,
  FromViewer,
  HEARTBEAT_MS,
  LEASE_TOKEN_HEADER,
  RunnerToDeployment,
  RunnerToPool,
} from '@appflux/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Client, pause } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { attemptFrames, poolFrames, viewerFrames } from '../instance/frame-kinds.ts';
import { type SimulatedAttempt, SimulatedRunner } from '../instance/simulated-runner.ts';
import { Viewer } from '../instance/viewer.ts';

/** More than the burst, and less than the number after which a program that ignores being closed is cut off. */
const FRAMES = 15_000;
/** The burst of the cheapest frames is 10,000. */
const CHEAP_FRAMES = 30_000;

let edge: EdgeInstance;
let client: Client;
let upload: string;
let builds = 0;
let pings: NodeJS.Timeout;
let honest: { attempt: SimulatedAttempt; viewer: Viewer; lines: number };

beforeAll(async () => {
  edge = await startInstance();
  client = new Client(edge);
  upload = await client.upload('site.zip', Buffer.from('ignored by a simulated runner'));
  const { id, attempt } = await building();
  const viewer = new Viewer(edge, id);
  await viewer.connected();
  honest = { attempt, viewer, lines: 0 };
  pings = setInterval(() => attempt.socket.ping(), HEARTBEAT_MS);
});
afterAll(async () => {
  clearInterval(pings);
  await edge.stop();
});

/** A deployment that a runner of its own is building. */
async function building() {
  builds += 1;
  const label = `flood-${builds}`;
  const registered = await client.registerRunner(label, [label]);
  const runner = await SimulatedRunner.connect(edge.url, registered, { labels: [label] });
  const { slug } = await client.createApp({ name: `Flood ${builds}`, build: { labels: [label] } });
  const { id } = await client.deploy(slug, { uploadId: upload });
  return { id, runner, registered, label, attempt: await runner.begin() };
}

/** A line of the honest build arrives at its viewer, and the instance answers. */
async function othersAreServed(): Promise<void> {
  honest.lines += 1;
  honest.attempt.lines(honest.lines, honest.lines);
  const [health, config] = await Promise.all([
    fetch(`${edge.url}/api/health`),
    fetch(`${edge.url}/api/config`),
    expect.poll(() => honest.viewer.lines.length, { timeout: 60_000 }).toBe(honest.lines),
  ]);
  expect([health.status, config.status]).toEqual([200, 200]);
  expect(honest.attempt.socket.socket.readyState).toBe(WebSocket.OPEN);
}

/**
 * Sends all frames without waiting and returns how the connection was closed. Others are served meanwhile and
 * afterwards.
 */
async function flood(
  sender: { readonly socket: WebSocket; readonly closed: Promise<{ code: number; reason: string }> },
  frame: (n: number) => object,
  frames = FRAMES,
): Promise<{ code: number; reason: string }> {
  for (let n = 0; n < frames; n += 1) sender.socket.send(JSON.stringify(frame(n)));
  let closed: { code: number; reason: string } | null = null;
  void sender.closed.then((how) => {
    closed = how;
  });
  do await othersAreServed();
  while (closed === null);
  await othersAreServed();
  return closed;
}

const typesOf = (schema: typeof RunnerToDeployment | typeof RunnerToPool): string[] =>
  schema.options.map(({ shape }) => [...shape.type.values][0] ?? '').sort();

/** The status of an upgrade's answer. */
function upgrade(
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; retryAfter?: string }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${edge.url.replace(/^http/, 'ws')}${path}`, { headers });
    socket.once('open', () => {
      socket.close();
      resolve({ status: 101 });
    });
    socket.once(
      'unexpected-response',
      (request, { statusCode = 0, headers: { 'retry-after': retryAfter } }) => {
        request.destroy();
        resolve({ status: statusCode, ...(retryAfter === undefined ? {} : { retryAfter }) });
      },
    );
    socket.once('error', reject);
  });
}

describe('a runner that floods the deployment it builds', () => {
  const frames = attemptFrames(1);

  it('every kind of frame is flooded', () => {
    expect(Object.keys(frames).sort()).toEqual(typesOf(RunnerToDeployment));
    for (const frame of Object.values(frames)) expect(RunnerToDeployment.parse(frame(7))).toEqual(frame(7));
  });

  /** The effect that the last frame must not have had: not all of them were handled. */
  const untouched: Partial<Record<RunnerToDeployment['type'], (id: string) => Promise<void>>> = {
    lines: async (id) => expect((await client.logs(id, 0, 1)).lastSeq).toBeLessThan(CHEAP_FRAMES),
    phase: async (id) => expect((await client.deployment(id)).phases.length).toBeLessThanOrEqual(32),
    source: async (id) =>
      expect((await client.deployment(id)).commitMessage).not.toBe(`message ${FRAMES - 1}`),
    plan: async (id) => expect((await client.deployment(id)).version).not.toBe(`0.0.${FRAMES - 1}`),
  };

  for (const [type, frame] of Object.entries(frames)) {
    it(type, async () => {
      const { id, attempt } = await building();
      const frames = type === 'lines' ? CHEAP_FRAMES : FRAMES;
      const { code, reason } = await flood(attempt.socket, frame, frames);
      if (type === 'finish') {
        // The first one ends the attempt.
        expect(code).toBe(CLOSE.normal);
        expect(await client.untilEnded(id)).toMatchObject({ status: 'failed' });
        return;
      }
      expect({ code, reason }).toEqual({
        code: CLOSE.tooManyFrames,
        reason: expect.stringMatching(/^Too many frames: connect again in \d+ seconds?$/),
      });
      await untouched[type as RunnerToDeployment['type']]?.(id);
      await client.cancel(id);
    });
  }
});

describe('a runner that floods its pool', () => {
  const frames = poolFrames('0'.repeat(24), ['flood']);

  it('every kind of frame is flooded', () => {
    expect(Object.keys(frames).sort()).toEqual(typesOf(RunnerToPool));
    for (const frame of Object.values(frames)) expect(RunnerToPool.parse(frame(7))).toEqual(frame(7));
  });

  for (const type of Object.keys(frames) as RunnerToPool['type'][]) {
    it(type, async () => {
      const { id, runner, registered, label } = await building();
      const { code } = await flood(runner.pool, poolFrames(id, [label])[type]);
      expect(code).toBe(CLOSE.tooManyFrames);
      // The runner may connect again after its wait.
      const headers = { Authorization: `Bearer ${registered.credential}` };
      const connected = async () => (await upgrade('/api/pool/connect', headers)).status;
      await expect.poll(connected, { timeout: 60_000 }).toBe(101);
      await client.cancel(id);
    });
  }
});

describe('a viewer that floods the deployment it follows', () => {
  it('every kind of frame is flooded', () => {
    expect(Object.keys(viewerFrames)).toEqual([...FromViewer.shape.type.values]);
    for (const frame of Object.values(viewerFrames)) expect(FromViewer.parse(frame(7))).toEqual(frame(7));
  });

  for (const [type, frame] of Object.entries(viewerFrames)) {
    it(type, async () => {
      const { id, attempt } = await building();
      const flooder = new Viewer(edge, id);
      const other = new Viewer(edge, id);
      await Promise.all([flooder.connected(), other.connected()]);
      const closed = new Promise<{ code: number; reason: string }>((resolve) =>
        flooder.socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
      );
      expect(await flood({ socket: flooder.socket, closed }, frame)).toMatchObject({
        code: CLOSE.tooManyFrames,
      });
      attempt.lines(1, 1);
      await expect.poll(() => other.lines.length).toBe(1);
      attempt.fail();
      expect(await other.ended).toBe('failed');
    });
  }
});

describe('a program that keeps sending', () => {
  it('after it was closed is not read, is cut off and refused, and others are served meanwhile', async () => {
    const { id, attempt, registered } = await building();
    const { port, host } = new URL(edge.url);
    const path = `/api/deployments/${id}/attempts/1/connect`;
    const headers = {
      Authorization: `Bearer ${registered.credential}`,
      [LEASE_TOKEN_HEADER]: attempt.grant.leaseToken,
    };
    // A raw socket, because every library ends a connection that was closed by the other side.
    const socket = createConnection(Number(port), '127.0.0.1');
    let isOver = false;
    socket
      .on('error', () => undefined)
      .on('close', () => {
        isOver = true;
      });
    const welcomed = new Promise((resolve) => socket.once('data', resolve));
    const request = [
      `GET ${path} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ];
    socket.write(`${request.join('\r\n')}\r\n\r\n`);
    await welcomed;
    const frames = Array.from({ length: 500 }, (_, n) => masked(JSON.stringify(attemptFrames(1).phase(n))));
    const many = Buffer.concat(frames);
    const sending = (async () => {
      while (!isOver) {
        if (socket.write(many)) await pause(0);
        else await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), pause(1_000)]);
      }
    })();
    do await othersAreServed();
    while (!isOver);
    await sending;
    await othersAreServed();
    const { status, retryAfter } = await upgrade(path, headers);
    expect(status).toBe(429);
    expect(Number(retryAfter)).toBeGreaterThan(60);
    expect((await client.deployment(id)).phases.length).toBeLessThanOrEqual(32);
  });

  it('connects again and again: most attempts are refused, and the connected runner goes on', async () => {
    const { id, runner, registered, attempt } = await building();
    const headers = { Authorization: `Bearer ${registered.credential}`, [LEASE_TOKEN_HEADER]: 'wrong' };
    const statuses: number[] = [];
    for (let n = 0; n < 60; n += 1) statuses.push((await upgrade('/api/pool/connect', headers)).status);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
    expect(statuses.at(-1)).toBe(429);
    await othersAreServed();
    attempt.lines(1, 1);
    expect(await attempt.acked()).toBe(1);
    attempt.fail();
    await client.untilEnded(id);
    runner.pool.socket.terminate();
  });
});

/** A text frame as a client sends it (RFC 6455 §5.2), masked with zeros. */
function masked(text: string): Buffer {
  const payload = Buffer.from(text);
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
  return Buffer.concat([
    Buffer.from([0x81, 0x80 | (length[0] ?? 0), ...length.slice(1), 0, 0, 0, 0]),
    payload,
  ]);
}
