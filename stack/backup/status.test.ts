import { chown, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { changeStatus, readStatus } from './status.ts';

/** Debian's user `nobody`. */
const NOBODY = 65_534;

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'status-'));
});
afterEach(() => rm(state, { recursive: true }));

describe('what an instance keeps about its backups', () => {
  test('belongs to the instance’s user when root makes a backup', async ({ skip }) => {
    skip(process.getuid?.() !== 0, 'only root can give a folder to another user');
    await chown(state, NOBODY, NOBODY);
    await changeStatus(state, { keys: { one: 'AGE-SECRET-KEY-1' } });
    const { uid, gid, mode } = await stat(join(state, 'backup.json'));
    expect([uid, gid, mode & 0o777]).toEqual([NOBODY, NOBODY, 0o600]);
    expect(await readStatus(state)).toMatchObject({ keys: { one: 'AGE-SECRET-KEY-1' } });
  });

  test('that is damaged is not taken for nothing', async () => {
    await writeFile(join(state, 'backup.json'), '{"keys":');
    await expect(readStatus(state)).rejects.toThrow('is damaged');
  });

  test('that cannot be read is not called damaged', async () => {
    await mkdir(join(state, 'backup.json'));
    await expect(readStatus(state)).rejects.toThrow(/cannot be read \(EISDIR\)/);
  });
});
