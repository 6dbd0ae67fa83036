import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findLeftovers, leftoverLines, loopsBelow, mountsBelow } from './leftovers.ts';

describe('what a run of tests has left behind', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'appflux-leftovers-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('is nothing if all tests have cleaned up', async () => {
    expect(leftoverLines(await findLeftovers(folder, null))).toEqual([]);
  });

  test('includes its files, and the processes that were started with its folder', async () => {
    await writeFile(join(folder, 'forgotten'), 'x');
    const child = spawn('sleep', ['60'], { env: { ...process.env, TMPDIR: folder }, stdio: 'ignore' });
    try {
      await once(child, 'spawn');
      const lines = leftoverLines(await findLeftovers(folder, null));
      expect(lines).toContain('left behind: a temporary file, forgotten');
      expect(lines.join('\n')).toMatch(
        new RegExp(`left behind: a process, ${child.pid} .*/(sleep|coreutils)`),
      );
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  });
});

test('mounts and loop devices count only below the folder', () => {
  const mountinfo = [
    '36 35 98:0 /mnt1 / rw,noatime master:1 - ext4 /dev/root rw',
    '97 36 7:1 / /tmp/run/work/source rw,nosuid - ext4 /dev/loop1 rw',
    '98 36 7:2 / /tmp/run-of-another/source rw,nosuid - ext4 /dev/loop2 rw',
  ].join('\n');
  expect(mountsBelow('/tmp/run', mountinfo)).toEqual(['/tmp/run/work/source']);
  const listed = '/dev/loop1 /tmp/run/work/source.ext4\n/dev/loop2 /tmp/run-of-another/source.ext4\n';
  expect(loopsBelow('/tmp/run', listed)).toEqual(['/dev/loop1']);
});
