import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settleTree } from './settle.ts';
import { failureOf, surroundings, type TestSurroundings } from './testing/surroundings.ts';

let around: TestSurroundings;
let top: string;

beforeEach(async () => {
  around = await surroundings();
  top = around.workspace.source;
  mkdirSync(join(top, 'a'), { recursive: true });
  writeFileSync(join(top, 'a/file'), 'x', { mode: 0o400 });
  writeFileSync(join(top, 'a/tool'), 'x', { mode: 0o700 });
});

afterEach(() => around.remove());

const settle = (outwardLinks: 'refuse' | 'remove', giveAway = false) =>
  settleTree(top, { outwardLinks, giveAway, signal: around.ctx.signal });

const modeOf = (path: string) => (lstatSync(join(top, path)).mode & 0o7777).toString(8);

describe('a settled tree', () => {
  it('is open to everyone where the runner may give nothing away', async () => {
    chmodSync(join(top, 'a'), 0o700);
    await settle('refuse');
    expect(['', 'a', 'a/file', 'a/tool'].map(modeOf)).toEqual(['777', '777', '666', '777']);
  });

  it.runIf(process.getuid?.() === 0)('belongs to the builder where it can, its links among it', async () => {
    const outside = join(around.folder, 'outside');
    writeFileSync(outside, 'x', { mode: 0o600 });
    symlinkSync('file', join(top, 'a/link'));
    await settle('refuse', true);
    expect(['', 'a', 'a/file', 'a/tool', 'a/link'].map((path) => lstatSync(join(top, path)).uid)).toEqual(
      Array(5).fill(10_001),
    );
    expect(['', 'a', 'a/file', 'a/tool'].map(modeOf)).toEqual(['755', '755', '644', '755']);
    expect(lstatSync(outside).uid).toBe(0);
  });

  it('changes nothing that a link leads to', async () => {
    const outside = join(around.folder, 'outside');
    writeFileSync(outside, 'x', { mode: 0o600 });
    symlinkSync(outside, join(top, 'a/link'));
    expect(await settle('remove')).toMatchObject({ removed: ['a/link'] });
    expect(lstatSync(outside).mode & 0o777).toBe(0o600);
    expect(readFileSync(outside, 'utf8')).toBe('x');
  });

  it('holds no pipe', async () => {
    execFileSync('mkfifo', [join(top, 'a/pipe')]);
    expect(await failureOf(settle('remove'))).toMatchObject({
      code: 'source_invalid',
      message: '"a/pipe" is not a file, folder or link.',
    });
  });

  it('may have names that are not UTF-8, as old repositories do, in files, folders and links', async () => {
    // "caf\u00e9" in Latin-1.
    const latin = (text: string) => Buffer.concat([Buffer.from(`${top}/`), Buffer.from(text, 'latin1')]);
    mkdirSync(latin('caf\u00e9'), { mode: 0o700 });
    writeFileSync(latin('caf\u00e9/men\u00fc'), 'x', { mode: 0o400 });
    symlinkSync(Buffer.from('caf\u00e9/men\u00fc', 'latin1'), latin('inside-\u00e9'));
    symlinkSync(Buffer.from('caf\u00e9/../../host-\u00e9', 'latin1'), latin('outside-\u00e9'));
    expect(await settle('remove')).toEqual({ removed: ['outside-\u{FFFD}'], warnings: [] });
    expect((lstatSync(latin('caf\u00e9/men\u00fc')).mode & 0o777).toString(8)).toBe('666');
    expect(readFileSync(latin('inside-\u00e9'), 'utf8')).toBe('x');
    expect(() => lstatSync(latin('outside-\u00e9'))).toThrow('ENOENT');
  });

  it('is spoken of where a name would be a problem elsewhere, but not for what Git keeps', async () => {
    mkdirSync(join(top, '.git/refs'), { recursive: true });
    for (const path of ['a/FILE', 'a/aux.js', '.git/refs/Aux', '.git/refs/aux'])
      writeFileSync(join(top, path), '');
    const { warnings } = await settle('refuse');
    expect(warnings.map(String)).toEqual([
      expect.stringContaining('names: "a/'),
      expect.stringContaining('devices on Windows, where the files can’t be created: "a/aux.js".'),
    ]);
  });

  it('is not made once the job is canceled', async () => {
    const reason = new Error('canceled by a test');
    around.abort(reason);
    await expect(settle('refuse')).rejects.toBe(reason);
  });
});
