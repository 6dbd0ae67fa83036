import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isLocked, lockState } from '../state.ts';
import { inodeOf, lockOwner } from './lock-owner.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'appflux-lock-owner-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

test('the owner of a locked state folder is the process that holds the lock', async () => {
  expect(await lockOwner(state)).toBeNull();
  const unlock = await lockState(state);
  // Leaves a connection that was accepted under the same name for a moment.
  expect(await isLocked(state)).toBe(true);
  const owner = await lockOwner(state);
  expect(owner).toMatchObject({ pid: process.pid, env: { PATH: expect.any(String) } });
  expect(owner?.words[0]).toContain('node');
  unlock();
  expect(await lockOwner(state)).toBeNull();
});

test('a connection with the name of the lock is not the lock', () => {
  const table = [
    'Num       RefCount Protocol Flags    Type St Inode Path',
    '0000000000000000: 00000002 00000000 00000000 0001 03 101 @appflux-state-1',
    '0000000000000000: 00000002 00000000 00010000 0001 01 102 @appflux-state-12',
    '0000000000000000: 00000002 00000000 00010000 0001 01 103 @appflux-state-1',
    '0000000000000000: 00000003 00000000 00000000 0001 03 104',
  ].join('\n');
  expect(inodeOf(table, '\0appflux-state-1')).toBe('103');
  expect(inodeOf(table, '\0appflux-state-2')).toBeNull();
});
