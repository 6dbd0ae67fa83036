/** An older program refuses a newer state by name and changes nothing; a newer one migrates an older state in place. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from './command.ts';
import { isLocked, keepSecrets } from './state.ts';
import { FORMAT, MARK, openState, programVersion, readMark, type Step } from './state-format.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'appflux-state-format-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

const mark = (content: object) => writeFile(join(state, MARK), JSON.stringify(content));

/** Names, contents and times of everything in the folder. */
const looks = async () =>
  Promise.all(
    (await readdir(state)).map(async (name) => {
      const { mtimeMs, ino } = await stat(join(state, name));
      return [name, mtimeMs, ino, await readFile(join(state, name), 'utf8')];
    }),
  );

/** Steps that note that they ran. */
function stepsOf(...results: ('well' | 'fails')[]): { steps: Step[]; ran: number[] } {
  const ran: number[] = [];
  const steps = results.map((result, index): Step => {
    const migrate = async () => {
      ran.push(index + 1);
      if (result === 'fails') throw new Error('the disk is full');
    };
    return { what: `step ${index + 1}`, migrate };
  });
  return { steps, ran };
}

describe('a state folder', () => {
  test('without a mark gets one, with the version and the commit of the program', async () => {
    await keepSecrets(state);
    (await openState(state, ROOT))();
    const own = await programVersion(ROOT);
    expect(await readMark(state)).toEqual({ ...own, format: FORMAT });
    expect(own.version).toMatch(/^\d+\.\d+\.\d+/);
    expect((await stat(join(state, MARK))).mode & 0o777).toBe(0o600);
  });

  test('of a newer version is refused by name, and nothing is changed', async () => {
    await keepSecrets(state);
    await mark({ format: FORMAT + 1, version: '9.1.0', commit: 'abcdef0123456789', added: 'later' });
    const before = await looks();
    await expect(openState(state, ROOT)).rejects.toMatchObject({
      code: 'state_newer',
      message: expect.stringContaining(`${state} was written by AppFlux 9.1.0 (commit abcdef0)`),
      advice: expect.stringContaining('restore a backup'),
    });
    expect(await looks()).toEqual(before);
    expect(await isLocked(state)).toBe(false);
  });

  test('of this format and another version is opened, whatever members its mark has', async () => {
    await mark({ format: FORMAT, version: '9.1.0', commit: null, added: 'later' });
    (await openState(state, ROOT))();
    expect((await readMark(state))?.version).toBe((await programVersion(ROOT)).version);
  });

  test.each(['{', '{}', '{"format":0,"version":"1.0.0"}', '{"format":"1","version":"1.0.0"}'])(
    'with the damaged mark %s is refused',
    async (damage) => {
      await writeFile(join(state, MARK), damage);
      await expect(openState(state, ROOT)).rejects.toMatchObject({ code: 'state_unusable' });
      expect(await readFile(join(state, MARK), 'utf8')).toBe(damage);
    },
  );
});

describe('migrating', () => {
  test('runs the steps after the format of the state, in order, and each once', async () => {
    const first = stepsOf('well', 'well');
    (await openState(state, ROOT, first.steps))();
    expect(first.ran).toEqual([1, 2]);
    const second = stepsOf('well', 'well', 'well');
    (await openState(state, ROOT, second.steps))();
    expect(second.ran).toEqual([3]);
    expect(await readMark(state)).toMatchObject({ format: 4 });
  });

  test('goes on after a step that failed, and unlocks the state', async () => {
    const failing = stepsOf('well', 'fails', 'well');
    await expect(openState(state, ROOT, failing.steps)).rejects.toThrow('the disk is full');
    expect(await readMark(state)).toMatchObject({ format: 2 });
    expect(await isLocked(state)).toBe(false);
    const again = stepsOf('well', 'well', 'well');
    (await openState(state, ROOT, again.steps))();
    expect(again.ran).toEqual([2, 3]);
  });

  test('refuses the result to a program without the steps', async () => {
    (await openState(state, ROOT, stepsOf('well').steps))();
    await expect(openState(state, ROOT)).rejects.toMatchObject({ code: 'state_newer' });
  });
});
