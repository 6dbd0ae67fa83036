import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { scanContent } from './client.ts';

/** In a thread of its own, so that it answers while this one does not look: as clamd does when a limit is passed. */
const ANSWERS_AND_HANGS_UP = `
  const { createServer } = require('node:net');
  const { parentPort, workerData } = require('node:worker_threads');
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write('INSTREAM size limit exceeded. ERROR\\0', () => {
        socket.destroy();
        Atomics.store(workerData.hungUp, 0, 1);
        Atomics.notify(workerData.hungUp, 0);
      });
    });
  }).listen(workerData.path, () => parentPort.postMessage('listening'));
`;

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

describe('an answer that comes while more is sent', () => {
  it('is read, although the connection was hung up before the next piece', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'appflux-scan-'));
    undo.push(() => rm(folder, { recursive: true }));
    const path = join(folder, 'clamd.sock');
    const hungUp = new Int32Array(new SharedArrayBuffer(4));
    const clamd = new Worker(ANSWERS_AND_HANGS_UP, { eval: true, workerData: { path, hungUp } });
    undo.push(() => clamd.terminate());
    await once(clamd, 'message');

    let begun = 0;
    async function* content() {
      begun += 1;
      yield Buffer.alloc(1000);
      if (begun > 1) return;
      // Until the first piece has left this process; then nothing is read until clamd has hung up.
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      Atomics.wait(hungUp, 0, 0, 10_000);
      yield Buffer.alloc(1000);
    }
    const verdict = await scanContent({ kind: 'unix', path }, content, new AbortController().signal);
    expect(verdict).toEqual({ kind: 'over_limit', limit: 'StreamMaxLength' });
    expect(begun).toBe(2);
  });
});
