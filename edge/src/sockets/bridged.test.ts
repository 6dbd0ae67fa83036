import { expect, test } from 'vitest';
import { bridgedSocket } from './bridged.ts';

/** Both ends of a bridge: the site's, and that of the server which the site has connected to. */
function bridge() {
  const { 0: remote, 1: far } = new WebSocketPair();
  let ends = 0;
  const site = bridgedSocket(remote, () => {
    ends += 1;
  });
  for (const socket of [site, far]) {
    socket.binaryType = 'arraybuffer';
    socket.accept();
  }
  return { site, far, ends: () => ends };
}

function received(socket: WebSocket): unknown[] {
  const messages: unknown[] = [];
  socket.addEventListener('message', ({ data }) => {
    messages.push(data instanceof ArrayBuffer ? [...new Uint8Array(data)] : data);
  });
  return messages;
}

test('a bridged WebSocket carries text and bytes, in both directions and in order', async () => {
  const { site, far } = bridge();
  const [atSite, atFar] = [received(site), received(far)];
  site.send('one');
  site.send(new Uint8Array([0, 255, 2]));
  site.send('three');
  far.send(new Uint8Array([7]));
  far.send('ü');
  await expect.poll(() => atFar).toEqual(['one', [0, 255, 2], 'three']);
  await expect.poll(() => atSite).toEqual([[7], 'ü']);
});

test('its end is noticed at the other side', async () => {
  const { site, far, ends } = bridge();
  const closed = new Promise<number>((resolve) => {
    far.addEventListener('close', ({ code }) => resolve(code));
  });
  site.close(3001, 'enough');
  expect(await closed).toBe(3001);
  await expect.poll(ends).toBeGreaterThan(0);
});
