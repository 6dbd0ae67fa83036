import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keepSecrets, lockState, makeSecrets, makeStateFolder, statePaths } from './state.ts';

let parent: string;
let state: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'appflux-state-'));
  state = join(parent, 'deep', 'state');
  await makeStateFolder(state);
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe('a state folder', () => {
  test('has no backslash in its path, where its parts would look for it in different places', async () => {
    await expect(makeStateFolder(join(parent, 'a\\b'))).rejects.toMatchObject({
      code: 'state_unusable',
      message: expect.stringContaining('backslash'),
    });
  });

  test('is for its owner only', async () => {
    expect(await modeOf(state)).toBe('700');
    await keepSecrets(state);
    expect(await modeOf(statePaths(state).secrets)).toBe('600');
  });

  test('that can’t be created is a problem with advice', async () => {
    await writeFile(join(parent, 'file'), '');
    await expect(makeStateFolder(join(parent, 'file', 'state'))).rejects.toMatchObject({
      code: 'state_unusable',
      advice: expect.stringContaining('APPFLUX_STATE'),
    });
  });

  test('is refused without a loop where the kernel allows no folders', async () => {
    await expect(makeStateFolder('/proc/appflux/state')).rejects.toMatchObject({ code: 'state_unusable' });
  });
});

describe('secrets', () => {
  test('are generated once and kept', async () => {
    const first = await keepSecrets(state);
    expect(await keepSecrets(state)).toEqual(first);
    expect(await readdir(state)).toEqual(['secrets.json']);
  });

  test('differ for every instance; the sealing key has 32 bytes', () => {
    const [a, b] = [makeSecrets(), makeSecrets()];
    for (const name of Object.keys(a) as (keyof typeof a)[]) expect(a[name]).not.toBe(b[name]);
    expect(Buffer.from(a.sealingKey, 'base64')).toHaveLength(32);
  });

  test('that are damaged are never replaced by new ones', async () => {
    const { secrets } = statePaths(state);
    for (const damage of [
      '{"operatorSecret":',
      '{}',
      JSON.stringify({ ...makeSecrets(), sealingKey: 'no base64!' }),
    ]) {
      await writeFile(secrets, damage);
      await expect(keepSecrets(state)).rejects.toMatchObject({ code: 'state_unusable' });
      expect(await readFile(secrets, 'utf8')).toBe(damage);
    }
  });
});

describe('the lock of a state folder', () => {
  test('has one holder, and is released', async () => {
    const unlock = await lockState(state);
    await expect(lockState(state)).rejects.toMatchObject({
      code: 'state_in_use',
      advice: expect.stringContaining('APPFLUX_PORT'),
    });
    unlock();
    (await lockState(state))();
  });

  test('applies to one folder only', async () => {
    const other = join(parent, 'other');
    await makeStateFolder(other);
    const unlock = await lockState(state);
    (await lockState(other))();
    unlock();
  });

  test('is released when its process is killed', async () => {
    const script = `
      const { lockState } = await import(${JSON.stringify(join(import.meta.dirname, 'state.ts'))});
      await lockState(process.argv[1]);
      process.stdout.write('locked');
      setInterval(() => undefined, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script, state], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    await expect(lockState(state)).rejects.toMatchObject({ code: 'state_in_use' });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    (await lockState(state))();
  });
});
