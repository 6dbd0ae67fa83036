import { expect, test } from 'vitest';
import { countConnections, parseUsage, usageOf } from './usage.ts';

const STAT = '42 (a) b (c) S 1 42 42 0 -1 4194560 1 0 0 0 150 25 0 0 20 0 9 0 123 1 2';
const IO = 'rchar: 1\nwchar: 2\nsyscr: 30\nsyscw: 12\nread_bytes: 0\n';

test('usage is read of what the kernel lists, whatever the program is called', () => {
  expect(parseUsage(STAT, IO, 'Name:\tworkerd\nVmRSS:\t    2048 kB\n')).toEqual({
    cpuMs: 1_750,
    calls: 42,
    memoryBytes: 2 * 1024 ** 2,
  });
});

test('a process that has ended, or whose parent has not asked for it yet, has none', async () => {
  expect(parseUsage(STAT.replace(' S ', ' Z '), IO, 'Name:\tworkerd\n')).toBeNull();
  expect(await usageOf(2 ** 22 + 1)).toBeNull();
  expect((await usageOf(process.pid))?.memoryBytes).toBeGreaterThan(1024 ** 2);
});

test('connections of one socket are counted, without the one that listens', () => {
  const line = (flags: string, path: string) => `ffff: 00000002 00000000 ${flags} 0001 01 12345 ${path}`;
  const list = [
    'Num       RefCount Protocol Flags    Type St Inode Path',
    line('00010000', '/run/a.sock'),
    line('00000000', '/run/a.sock'),
    line('00000000', '/run/a.sock'),
    line('00000000', '/other/run/a.sock'),
    line('00000000', '/run/b.sock'),
    '',
  ].join('\n');
  expect(countConnections(list, '/run/a.sock')).toBe(2);
  expect(countConnections(list, '/run/c.sock')).toBe(0);
});
