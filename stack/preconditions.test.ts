import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { checkPlatform, checkPort, lackOfDisk } from './preconditions.ts';

test('a port is free until something listens on it, which is named', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  await expect(checkPort(address.port)).rejects.toMatchObject({
    code: 'port_taken',
    sentence: expect.stringMatching(
      `^Port ${address.port} is in use by \\S+.* \\(pid ${process.pid}\\): set APPFLUX_PORT to a free port, or stop the program that uses it$`,
    ),
  });
  server.close();
  await once(server, 'close');
  await expect(checkPort(address.port)).resolves.toBeUndefined();
});

test('an address that this machine does not have is named', async () => {
  await expect(checkPort(18_999, '192.0.2.1')).rejects.toMatchObject({
    code: 'settings_invalid',
    sentence: expect.stringContaining('APPFLUX_LISTEN=192.0.2.1 is not an address of this machine'),
  });
});

test('a nearly full disk is named, with the space that is needed', () => {
  expect(lackOfDisk('/srv/state', 3 * 1024 ** 3)).toBeNull();
  expect(lackOfDisk('/srv/state', 1.5 * 1024 ** 3)).toMatchObject({
    code: 'disk_full',
    sentence: expect.stringMatching(/\/srv\/state has only 1\.5 GiB free: free 2 GiB/),
  });
});

test('an instance that has data starts on a nearly full disk', () => {
  expect(lackOfDisk('/srv/state', 0, true)).toBeNull();
});

test('any system but Linux is refused', () => {
  expect(() => checkPlatform('linux')).not.toThrow();
  expect(() => checkPlatform('darwin')).toThrow('this is darwin');
});
