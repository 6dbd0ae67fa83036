import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { traceVariables, warnOfHistory } from './history-trace.ts';

let top: string;
const told: string[] = [];

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'appflux-trace-'));
  told.length = 0;
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const source = (isShallow: boolean) => ({
  commitHash: null,
  commitMessage: null,
  branch: null,
  root: top,
  isShallow,
});
const warn = (isShallow = true) =>
  warnOfHistory(source(isShallow), { source: top, scratch: top }, { log: (text) => told.push(String(text)) });

it('Git’s own trace of a build names what needs history', async () => {
  const env = { PATH: process.env.PATH, ...traceVariables(source(true), top) };
  const git = (...args: string[]) => execFileSync('git', args, { cwd: top, env, stdio: 'pipe' });
  git('init', '--quiet');
  git('-c', 'user.name=T', '-c', 'user.email=t@t', 'commit', '--quiet', '--allow-empty', '-m', 'One');
  git('rev-parse', 'HEAD');
  git('log', '-1', '--format=%H');
  await warn();
  expect(told).toEqual([]);
  git('log', '-1', '--format=%cI', '--', 'a.md');
  git('rev-list', '--count', 'HEAD');
  await warn();
  expect(told).toHaveLength(1);
  expect(told[0]).toContain('`git log -1 --format=%cI -- a.md`, `git rev-list --count HEAD`');
  expect(told[0]).toContain('source.depth');
});

it('a source with all of its history is not traced', async () => {
  expect(traceVariables(source(false), top)).toEqual({});
  mkdirSync(join(top, '.git'));
  writeFileSync(join(top, '.git/appflux-trace'), '{"event":"start","argv":["git","describe"]}\n');
  await warn(false);
  expect(told).toEqual([]);
});

it('what a build puts in the place of the trace is not followed', async () => {
  const secret = join(top, 'secret');
  writeFileSync(secret, '{"event":"start","argv":["git","describe"]}\n');
  mkdirSync(join(top, '.git'));
  symlinkSync(secret, join(top, '.git/appflux-trace'));
  await warn();
  expect(told).toEqual([]);
});
