import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isKept, openLog } from './log.ts';

test.each([
  ['workerd/jsg/setup.c++:43: fatal: V8 fatal error; location = Reached heap limit', true],
  ['service host: Uncaught SyntaxError: Unexpected token', true],
  ['*** Received signal #6: Aborted', true],
  ['a line of a site', false],
  ['Error: thrown by a site', false],
  ['', false],
  ['workerd/api/per-isolate-bootstrap.c++:457: warning: compile cache failed its compatibility check', false],
  ['service host: The compatibility flag x became the default as of 2026-08-04', false],
])('%s: kept %s', (line, kept) => {
  expect(isKept(line)).toBe(kept);
});

test('what a server prints like workerd moves nothing on the terminal of who reads the log', () => {
  const folder = mkdtempSync(join(tmpdir(), 'appflux-servers-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'servers.log');
  const log = openLog(file, () => 0);
  log.write(Buffer.from('*** \u001b[2J\u001b]0;title\u0007 over\rwritten \u009b2K größer\u2028x\n'));
  log.close();
  const line = '*** [2J]0;title over written 2K größer x';
  expect(readFileSync(file, 'utf8')).toBe(`1970-01-01T00:00:00.000Z warn ${line}\n`);
  expect(log.last()).toBe(line);
});

test('lines are put together, and a flood is cut within each second', () => {
  const folder = mkdtempSync(join(tmpdir(), 'appflux-servers-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'servers.log');
  let now = 1_000_000;
  const log = openLog(file, () => now);
  log.write(Buffer.from('*** one\n*** t'));
  log.write(Buffer.from('wo\nof a site\n'));
  expect(log.last()).toBe('*** one *** two');
  for (let count = 0; count < 5_000; count += 1) log.write(Buffer.from(`*** ${'x'.repeat(100)}\n`));
  const size = readFileSync(file).length;
  expect(size).toBeLessThan(10_000);
  now += 1_000;
  log.write(Buffer.from('*** after\n'));
  log.close();
  expect(readFileSync(file, 'utf8')).toMatch(
    /^\S+Z warn \*\*\* one\n\S+Z warn \*\*\* two\n[\s\S]*\*\*\* after\n$/,
  );
});
