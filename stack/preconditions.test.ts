import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { checkPlatform, checkPort, lackOfDisk } from './preconditions.ts';

test('a port is free until something listens on it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  await expect(checkPort(address.port)).rejects.toMatchObject({
    code: 'port_taken',
    sentence: `Port ${address.port} is in use: set APPFLUX_PORT to a free one, or end what uses it`,
  });
  server.close();
  await once(server, 'close');
  await expect(checkPort(address.port)).resolves.toBeUndefined();
});

test('a disk with little room is named, with how much is needed', () => {
  expect(lackOfDisk('/srv/state', 3 * 1024 ** 3)).toBeNull();
  expect(lackOfDisk('/srv/state', 1.5 * 1024 ** 3)).toMatchObject({
    code: 'disk_full',
    sentence: expect.stringMatching(/\/srv\/state has 1\.5 GiB free: make room for 2 GiB/),
  });
});

test('anything but Linux is told so', () => {
  expect(() => checkPlatform('linux')).not.toThrow();
  expect(() => checkPlatform('darwin')).toThrow('this is darwin');
});
