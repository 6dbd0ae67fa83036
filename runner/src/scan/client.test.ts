import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { scanContent } from './client.ts';

/**
 * In a thread of its own, so that it answers while this one does not look: as clamd does when a limit is passed, which is
 * at the first piece here, and when it is let.
 */
const ANSWERS_AND_HANGS_UP = `
  const { createServer } = require('node:net');
  const { parentPort, workerData } = require('node:worker_threads');
  const { path, let: allowed, hungUp } = workerData;
  const server = createServer((socket) => {
    let received = 0;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received += chunk.length;
      if (received < 1000) return;
      Atomics.wait(allowed, 0, 0);
      socket.write('INSTREAM size limit exceeded. ERROR\\0', () => {
        socket.destroy();
        Atomics.store(hungUp, 0, 1);
        Atomics.notify(hungUp, 0);
      });
    });
  }).listen(path, () => parentPort.postMessage('listening'));
`;

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function startClamd() {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-scan-'));
  undo.push(() => rm(folder, { recursive: true }));
  const path = join(folder, 'clamd.sock');
  const allowed = new Int32Array(new SharedArrayBuffer(4));
  const hungUp = new Int32Array(new SharedArrayBuffer(4));
  const clamd = new Worker(ANSWERS_AND_HANGS_UP, { eval: true, workerData: { path, let: allowed, hungUp } });
  undo.push(() => clamd.terminate());
  await once(clamd, 'message');
  return {
    scan: (content: () => AsyncIterable<Uint8Array>) =>
      scanContent({ kind: 'unix', path }, content, new AbortController().signal),
    /** Lets it answer, and holds this thread, which reads nothing meanwhile, until it has hung up. */
    answer() {
      Atomics.store(allowed, 0, 1);
      Atomics.notify(allowed, 0);
      Atomics.wait(hungUp, 0, 0, 10_000);
    },
  };
}

/** Until what was written has left this process. */
async function untilWritten(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
}

const OVER_LIMIT = { kind: 'over_limit', limit: 'StreamMaxLength' };

describe('an answer that comes while more is sent', () => {
  it('is read before the next piece is sent', async () => {
    const clamd = await startClamd();
    let begun = 0;
    const verdict = await clamd.scan(async function* () {
      begun += 1;
      yield Buffer.alloc(1000);
      await untilWritten();
      clamd.answer();
      yield Buffer.alloc(1000);
    });
    expect(verdict).toEqual(OVER_LIMIT);
    expect(begun).toBe(1);
  });

  it('is asked for again where a piece met the closed connection', async () => {
    const clamd = await startClamd();
    let begun = 0;
    const verdict = await clamd.scan(async function* () {
      begun += 1;
      yield Buffer.alloc(1000);
      await untilWritten();
      // Between the last look for an answer and the next piece.
      if (begun === 1) setImmediate(clamd.answer);
      yield Buffer.alloc(1000);
    });
    expect(verdict).toEqual(OVER_LIMIT);
    expect(begun).toBe(2);
  });
});
