/** A start that is interrupted or refused while it is prepared. The engine is a stand-in: `npm start` is tested with a real one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prepare } from './prepare.ts';

let folder: string;
let cleanup: AsyncDisposableStack;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-prepare-'));
  cleanup = new AsyncDisposableStack();
});
afterEach(async () => {
  await cleanup.disposeAsync();
  // A bundler that has just been ended may write its last file meanwhile.
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

const settings = (engine: string) => ({
  ...process.env,
  // What an image is built from stays there when its process is ended.
  TMPDIR: folder,
  APPFLUX_STATE: join(folder, 'state'),
  APPFLUX_SCAN: 'off',
  APPFLUX_RUNNERS: '1',
  DOCKER_HOST: engine,
});

/** An engine that has no images, and never ends downloading one. */
async function endlessEngine(): Promise<{ address: string; building: Promise<void> }> {
  const { promise: building, resolve } = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    request.resume();
    const path = (request.url ?? '').replace(/^\/v[\d.]+/, '');
    if (path.startsWith('/images/create')) return resolve();
    const body = path.startsWith('/version') ? { Version: '27.0.0', Arch: 'amd64' } : { message: 'none' };
    response.statusCode = path.startsWith('/version') ? 200 : 404;
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body));
  });
  const path = join(folder, 'engine.sock');
  await new Promise<void>((listening) => server.listen(path, listening));
  cleanup.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  return { address: `unix://${path}`, building };
}

test('ends when the command does, also while an image is built', { timeout: 120_000 }, async () => {
  const { address, building } = await endlessEngine();
  await using ours = new AsyncDisposableStack();
  const preparing = prepare(settings(address), ours);
  // Its end is that of the command: nobody waits for what it says.
  preparing.catch(() => undefined);
  await building;
  await ours.disposeAsync();
  await expect(preparing).rejects.toThrow('could not be prepared');
});

test('what is missing is reported as the command would report it', { timeout: 120_000 }, async () => {
  const nowhere = `unix://${join(folder, 'no.sock')}`;
  await expect(prepare(settings(nowhere), cleanup)).rejects.toMatchObject({
    name: 'StackProblem',
    code: 'engine_failed',
    message: expect.stringContaining(nowhere),
  });
});
