import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { listeningInodes, portOwner, programOf } from './port-owner.ts';

test('the process that listens on a port is found, and nobody where nothing listens', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  expect(await portOwner(address.port)).toMatchObject({
    pid: process.pid,
    command: expect.stringMatching(/^\w/),
  });
  server.close();
  await once(server, 'close');
  expect(await portOwner(address.port)).toBeNull();
});

test('only sockets that listen count, on exactly that port', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:2253 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100 0 0 10 0',
    '   1: 0100007F:2253 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 222 1 0 100 0 0 10 0',
    '   2: 0100007F:2254 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1 0 100 0 0 10 0',
  ].join('\n');
  expect(listeningInodes(table, 0x2253)).toEqual(['111']);
  expect(listeningInodes(table, 0x53)).toEqual([]);
  expect(listeningInodes('', 80)).toEqual([]);
});

test.each([
  ['/usr/sbin/nginx\0-g\0daemon off;\0', 'nginx'],
  ['nginx: master process /usr/sbin/nginx\0', 'nginx'],
  ['/usr/bin/node\0/srv/app/server.mjs\0--token=secret\0', 'node server.mjs'],
  ['/usr/bin/server\0--password=/secret.sh\0', 'server'],
  ['/usr/bin/server\0secret\0', 'server'],
  ['\x1b[31mred\0', '31mred'],
  ['', 'a process'],
])('%j is called %s, and its arguments are not repeated', (cmdline, name) => {
  expect(programOf(cmdline)).toBe(name);
});
