/** How an instance is found that runs in a process, or not at all. */
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockState } from '../state.ts';
import { findRunning } from './running.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'appflux-running-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

const find = (env: Record<string, string> = {}) =>
  findRunning(join(tmpdir(), 'a-checkout'), { ...env, APPFLUX_STATE: state });

test('an instance that does not run has the environment of the command, without npm’s', async () => {
  const found = await find({ APPFLUX_PORT: '9000', npm_config_cache: '/c', INIT_CWD: '/somewhere' });
  expect(found).toMatchObject({ ran: false, isService: false, state });
  expect(found.env).toEqual({ APPFLUX_PORT: '9000', APPFLUX_STATE: state });
});

test('a state folder that another command works on is refused, by its process', async () => {
  const unlock = await lockState(state);
  try {
    await expect(find()).rejects.toMatchObject({
      code: 'upgrade_refused',
      message: `The state folder ${state} is used by process ${process.pid}`,
    });
  } finally {
    unlock();
  }
});

const isRoot = process.getuid?.() === 0;
const skipped = isRoot ? '' : ' (skipped: only root can give a folder to another user)';

test.runIf(isRoot)(`root does not upgrade the instance of another user${skipped}`, async () => {
  await chown(state, 65_534, 65_534);
  await expect(find()).rejects.toMatchObject({
    code: 'upgrade_refused',
    message: expect.stringContaining('belongs to another user'),
  });
});
