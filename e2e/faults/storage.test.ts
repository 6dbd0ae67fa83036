/** Storage that fails for a while: the runner is asked to retry. */
import { expect, it, onTestFinished } from 'vitest';
import { FaultProxy } from '../../chaos/fault-proxy.ts';
import { Random } from '../../chaos/random.ts';
import { startInstance } from '../instance/edge.ts';
import { simulatedBuild } from '../instance/simulated-build.ts';

it('storage fails while an upload in parts begins: the runner is asked to retry, and then gets its URLs', async () => {
  const proxy = await FaultProxy.start(new Random('storage'));
  onTestFinished(() => proxy.close());
  const edge = await startInstance({
    reachedAt: (port) => {
      proxy.target = port;
      return proxy.url;
    },
  });
  onTestFinished(() => edge.stop());
  const { socket } = (await simulatedBuild(edge)).attempt;
  const ask = (request: string) =>
    socket.send({
      type: 'upload',
      attempt: 1,
      request,
      name: 'large.zip',
      size: 20_000_000,
      sha256: '0'.repeat(64),
      contentType: 'application/zip',
      meta: {},
    });

  proxy.failStorage(1, 60_000);
  ask('first');
  expect(await socket.next('upload_refused')).toMatchObject({ request: 'first', again: true });
  proxy.heal();
  ask('second');
  expect((await socket.next('upload_granted')).parts).toHaveLength(3);

  // Received twice, and handled in parallel: there is one upload, not a second one that would be left behind.
  const again = {
    type: 'upload',
    attempt: 1,
    request: 'third',
    name: 'other.zip',
    size: 20_000_000,
  } as const;
  const uploadIds = new Set<string | null>();
  for (let copy = 0; copy < 2; copy += 1)
    socket.send({ ...again, sha256: '1'.repeat(64), contentType: 'application/zip', meta: {} });
  for (let copy = 0; copy < 2; copy += 1) {
    const { parts } = await socket.next('upload_granted');
    for (const { url } of parts) uploadIds.add(new URL(url).searchParams.get('uploadId'));
  }
  expect(uploadIds.size).toBe(1);
});
