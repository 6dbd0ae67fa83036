import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { followLog } from './follow.ts';
import { forwardLogs, levelOfLine } from './forward.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-log-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('lines that are added are passed on, whole, and those of a file that was rotated', async () => {
  const file = join(folder, 'some.log');
  await writeFile(file, 'from before\n');
  const lines: string[] = [];
  const following = await followLog(file, (line) => lines.push(line));
  await appendFile(file, 'first\nsec');
  await expect.poll(() => lines).toEqual(['first']);
  await appendFile(file, 'ond\n');
  await expect.poll(() => lines).toEqual(['first', 'second']);
  await truncate(file);
  await appendFile(file, 'a\n');
  await expect.poll(() => lines.at(-1)).toBe('a');
  await appendFile(file, 'the last\n');
  await following[Symbol.asyncDispose]();
  expect(lines).toEqual(['first', 'second', 'a', 'the last']);
});

test.each([
  ['2026-11-29T08:00:00.000Z warn a text', 'warn'],
  ['2026-11-29T08:00:00.000Z log a text', 'info'],
  ['2026-11-29T08:00:00.000Z error error', 'error'],
  ['{"level":"error","ts":1796,"logger":"tls.obtain","msg":"will retry"}', 'error'],
  ['{"level":"info","ts":1796}', 'info'],
  ['    at handler (edge.ts:1:1)', null],
  ['a text with "level":"error" in it', null],
  ['endZ constructor is what every object has', null],
  ['', null],
])('%s has level %s', (line, level) => {
  expect(levelOfLine(line)).toBe(level);
});

test('all logs are forwarded with their levels; a stack trace has that of its error', async () => {
  const paths = { logs: join(folder, 'logs'), proxy: { log: join(folder, 'logs', 'proxy.log') } };
  const written: [string, string][] = [];
  const forwarding = await forwardLogs(paths, (line, level) => written.push([level, line]));
  const at = '2026-11-29T08:00:00.000Z';
  await writeFile(join(paths.logs, 'edge.log'), `${at} error no\n    at x\n${at} info yes\n`);
  await writeFile(paths.proxy.log, '{"level":"warn","msg":"m"}\n');
  await writeFile(join(paths.logs, 'servers.log'), `${at} warn it ended\n`);
  await forwarding[Symbol.asyncDispose]();
  expect(written.toSorted()).toEqual(
    [
      ['error', `edge: ${at} error no`],
      ['error', 'edge:     at x'],
      ['info', `edge: ${at} info yes`],
      ['warn', `servers: ${at} warn it ended`],
      ['warn', 'proxy: {"level":"warn","msg":"m"}'],
    ].toSorted(),
  );
});
