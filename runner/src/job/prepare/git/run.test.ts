import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf, surroundings, type TestSurroundings } from '../testing/surroundings.ts';
import { watchPacks } from './fetch-watch.ts';
import { runGit } from './run.ts';

let around: TestSurroundings;

beforeEach(async () => {
  around = await surroundings();
});

afterEach(() => around.remove());

describe('running Git', () => {
  it('says so when there is no Git', async () => {
    const failure = await failureOf(
      runGit(['version'], { cwd: around.folder, env: { PATH: around.folder }, signal: around.ctx.signal }),
    );
    expect(failure).toMatchObject({ code: 'internal', message: 'Git is not installed on this runner.' });
  });

  it('gives the exit code and the messages', async () => {
    const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C' };
    const outcome = await runGit(['no-such-command'], { cwd: around.folder, env, signal: around.ctx.signal });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("'no-such-command' is not a git command");
  });

  it('keeps no more than it needs of endless output', async () => {
    const env = { PATH: process.env.PATH ?? '' };
    const args = ['-c', 'alias.flood=!yes out | head -c 3000000; yes err | head -c 3000000 >&2', 'flood'];
    const outcome = await runGit(args, { cwd: around.folder, env, signal: around.ctx.signal });
    expect(outcome.stdout.length).toBe(65_536);
    expect(outcome.stderr.length).toBe(65_536);
  });

  it('kills the helpers, too, that Git has started', async () => {
    const env = { PATH: process.env.PATH ?? '' };
    const reason = new Error('canceled by a test');
    let pid = 0;
    const work = runGit(['-c', 'alias.wait=!sh -c "echo $$; exec sleep 600"', 'wait'], {
      cwd: around.folder,
      env,
      signal: around.ctx.signal,
      onOutput: (chunk) => {
        pid = Number(chunk.toString());
        around.abort(reason);
        return true;
      },
    });
    await expect(work).rejects.toBe(reason);
    expect(pid).toBeGreaterThan(1);
    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});

/**
 * Whether a process still runs; one that has ended may stand in the table until somebody asks for its exit
 * code.
 */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    // There is no such process.
    return false;
  }
}

describe('the watch over what is received', () => {
  it('aborts as soon as the packs together are too large', async () => {
    const pack = join(around.folder, 'objects', 'pack');
    const controller = new AbortController();
    const tooLarge = new Error('too large');
    const end = watchPacks(around.folder, 1000, controller, tooLarge, 5);
    try {
      mkdirSync(pack, { recursive: true });
      appendFileSync(join(pack, 'tmp_pack_1'), 'x'.repeat(1000));
      appendFileSync(join(pack, 'tmp_pack_2'), 'x');
      await expect.poll(() => controller.signal.aborted).toBe(true);
      expect(controller.signal.reason).toBe(tooLarge);
    } finally {
      end();
    }
  });
});
