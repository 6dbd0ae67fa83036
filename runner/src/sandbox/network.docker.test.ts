import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ensureWebImage, testHost, WEB_IMAGE } from '../testing/docker.ts';
import { SAMPLE_ID } from '../testing/sample-job.ts';
import { attemptFolder, makeAttemptFolder, SOCKET_NAME } from './attempt-folder.ts';
import { connectEngine } from './engine.ts';
import { openNetwork } from './network.ts';

const engine = connectEngine();

beforeAll(() => ensureWebImage(engine), 600_000);

test('a network that cannot be opened leaves no proxy that listens', async () => {
  const host = await testHost(engine);
  const { state } = host.settings;
  try {
    const folder = attemptFolder(state, SAMPLE_ID, 1);
    await makeAttemptFolder(folder);
    const source = {
      commitHash: null,
      commitMessage: null,
      branch: null,
      get root(): string {
        throw new Error('the source cannot be read');
      },
    };
    const { Id: imageId } = await engine.getImage(WEB_IMAGE).inspect();
    const ctx = { log: () => undefined, signal: new AbortController().signal };
    const opening = openNetwork(host, { manager: 'npm', imageId, source, folder }, ctx);
    await expect(opening).rejects.toThrow('the source cannot be read');
    const socket = connect(join(folder.net, SOCKET_NAME));
    const [error] = await Promise.race([once(socket, 'error'), once(socket, 'connect')]);
    socket.destroy();
    expect(error).toMatchObject({ code: 'ENOENT' });
  } finally {
    await rm(state, { recursive: true });
  }
});
