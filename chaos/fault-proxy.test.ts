import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { FaultProxy } from './fault-proxy.ts';
import { Random } from './random.ts';

/** An edge that records its requests and echoes messages. */
const received: { method: string; url: string; host: string; body: string }[] = [];
const server = createServer(async (request, response) => {
  if (request.url === '/dies') {
    // Answers before it has read the whole request, and disconnects during that.
    response.writeHead(200).write('so far');
    request.once('data', () => request.socket.destroy());
    return;
  }
  let body = '';
  for await (const chunk of request) body += chunk;
  const { method = '', url = '', headers } = request;
  received.push({ method, url, host: headers.host ?? '', body });
  response.writeHead(201, { 'x-answer': 'yes' }).end(`answer to ${body}`);
});
const sockets = new WebSocketServer({ noServer: true });
const connected: { socket: WebSocket; request: IncomingMessage; closed: Promise<number> }[] = [];
server.on('upgrade', (request, socket, head) => {
  if (request.url === '/refused') return socket.end('HTTP/1.1 409 Conflict\r\nConnection: close\r\n\r\n');
  sockets.handleUpgrade(request, socket, head, (ws) => {
    connected.push({
      socket: ws,
      request,
      closed: new Promise((resolve) => ws.once('close', (code) => resolve(code))),
    });
    ws.on('message', (data) => ws.send(data.toString()));
  });
});
let proxy: FaultProxy;

beforeEach(async () => {
  received.length = 0;
  connected.length = 0;
  proxy = await FaultProxy.start(new Random('test'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.target = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  await proxy.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const STORED = '/cdn-cgi/local/r2/s3/bucket/apps/a/b/1/site.zip?X-Amz-Signature=1';
const put = () => fetch(proxy.url + STORED, { method: 'PUT', body: 'x'.repeat(300_000) });
const outcome = (answer: Promise<Response>) =>
  answer.then(
    ({ status }) => status,
    () => 'broken off',
  );

interface Talk {
  readonly socket: WebSocket;
  readonly messages: string[];
  readonly closed: Promise<number>;
  until(count: number): Promise<string[]>;
}

async function talk(path = '/api/pool/connect', protocols: string[] = []): Promise<Talk> {
  const socket = new WebSocket(proxy.url.replace('http', 'ws') + path, protocols, {
    headers: { 'x-lease': 'mine' },
  });
  const messages: string[] = [];
  let notify: () => void = () => undefined;
  socket.on('message', (data) => {
    messages.push(data.toString());
    notify();
  });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return {
    socket,
    messages,
    closed,
    until: async (count) => {
      while (messages.length < count)
        await new Promise<void>((resolve) => {
          notify = resolve;
        });
      return messages;
    },
  };
}

describe('without faults', () => {
  test('requests pass unchanged, with the address that the caller used', async () => {
    const answer = await fetch(`${proxy.url}/api/x?y=1`, { method: 'POST', body: 'hello' });
    expect([answer.status, answer.headers.get('x-answer'), await answer.text()]).toEqual([
      201,
      'yes',
      'answer to hello',
    ]);
    expect(received).toEqual([
      { method: 'POST', url: '/api/x?y=1', host: proxy.url.replace('http://', ''), body: 'hello' },
    ]);
  });

  test('sockets pass with their headers, subprotocol and close code', async () => {
    const { socket, until, closed } = await talk('/api/x', ['one', 'two']);
    expect(socket.protocol).toBe('one');
    expect(connected[0]?.request.headers).toMatchObject({
      'x-lease': 'mine',
      host: proxy.url.replace('http://', ''),
    });
    socket.send('hello');
    expect(await until(1)).toEqual(['hello']);
    connected[0]?.socket.close(4409, 'stale');
    expect(await closed).toBe(4409);
  });

  test('an edge that dies in the middle of an upload breaks only that caller’s connection', async () => {
    const dies = fetch(`${proxy.url}/dies`, { method: 'POST', body: 'x'.repeat(5_000_000) });
    await expect(dies.then((answer) => answer.text())).rejects.toThrow();
    expect((await fetch(`${proxy.url}/api/x`)).status).toBe(201);
  });

  test('a refused upgrade is refused with the same status', async () => {
    await expect(talk('/refused')).rejects.toThrow('409');
  });
});

describe('failing storage', () => {
  test('fails in every way, but at most three times in a row', async () => {
    proxy.failStorage(1, 60_000);
    const outcomes: (number | string)[] = [];
    for (let n = 0; n < 40; n += 1) outcomes.push(await outcome(put()));
    expect(outcomes.filter((_, index) => index % 4 === 3)).toEqual(Array(10).fill(201));
    expect(outcomes.filter((_, index) => index % 4 !== 3)).not.toContain(201);
    expect([...proxy.hits.keys()].sort()).toEqual([
      'storage: answer-lost',
      'storage: broken-off',
      'storage: reset',
      'storage: unavailable',
    ]);
    // Requests that were carried out are complete: the edge never receives the end of an interrupted one.
    const whole = received.filter(({ body }) => body.length === 300_000).length;
    expect(whole).toBe(10 + (proxy.hits.get('storage: answer-lost') ?? 0));
  });

  test('has no faults for reads, and recovers', async () => {
    proxy.failStorage(1, 60_000);
    expect(await outcome(fetch(proxy.url + STORED))).toBe(201);
    proxy.heal();
    expect(await outcome(put())).toBe(201);
  });
});

test('a call whose answer is lost is carried out', async () => {
  proxy.loseAnswers(1, 60_000);
  expect(await outcome(fetch(`${proxy.url}/api/deploy`, { method: 'POST', body: 'once' }))).toBe(
    'broken off',
  );
  expect(received.map(({ body }) => body)).toEqual(['once']);
});

describe('messages', () => {
  test('that are late arrive in order', async () => {
    proxy.delayMessages(40, 60_000);
    const { socket, until } = await talk();
    const sent = Array.from({ length: 20 }, (_, n) => `message ${n}`);
    for (const text of sent) socket.send(text);
    expect(await until(20)).toEqual(sent);
  });

  test('are repeated immediately; heartbeats never', async () => {
    proxy.repeatMessages(1, 60_000);
    const { socket, until } = await talk();
    socket.send('ping');
    socket.send('a');
    // Twice towards the edge, and each of them twice on the way back.
    expect(await until(5)).toEqual(['ping', 'a', 'a', 'a', 'a']);
  });

  test('to a viewer of a log are never repeated', async () => {
    proxy.repeatMessages(1, 60_000);
    const { socket, until } = await talk('/api/deployments/x/logs/live?after=0');
    for (const text of ['a', 'b']) socket.send(text);
    expect(await until(2)).toEqual(['a', 'b']);
  });

  test('of a stalled socket arrive in the end, even if their sender has disconnected', async () => {
    const { socket } = await talk();
    proxy.stallSockets(1, 200);
    const edge = connected[0];
    const arrived: string[] = [];
    edge?.socket.on('message', (data) => arrived.push(data.toString()));
    socket.send('late');
    socket.terminate();
    expect(await edge?.closed).toBe(1006);
    expect(arrived).toEqual(['late']);
  });
});

test('a socket that is cut is cut on both sides', async () => {
  const { closed } = await talk();
  proxy.cutSockets(1);
  expect(await closed).toBe(1006);
  expect(await connected[0]?.closed).toBe(1006);
  expect(proxy.hits.get('sockets cut')).toBe(1);
});
