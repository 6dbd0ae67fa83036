import { describe, expect, it } from 'vitest';
import { callsInTrace, historyCall, needsHistory } from './history-calls.ts';

const words = (line: string) => line.split(' ');

describe('a Git command', () => {
  it.each([
    'git describe --tags --always',
    'git -C sub -c core.x=y describe',
    'git --no-pager log --oneline',
    'git rev-list --count HEAD',
    'git rev-list HEAD --count',
    'git log --format=%cI docs/page.md',
    'git log -1 --format=%cI -- docs/page.md',
    'git log -n 1 --format=%cI docs/page.md',
    'git log --max-count=1 docs/page.md',
    'git log -5',
    'git shortlog -sn',
    'git blame a.ts',
    'git diff --quiet HEAD^ HEAD -- .',
    'git diff HEAD~3',
    'git rev-parse HEAD~1',
    'git merge-base main HEAD',
  ])('needs history: %s', (line) => {
    expect(needsHistory(words(line))).toBe(true);
  });

  it.each([
    'git',
    'git --version',
    'git rev-parse HEAD',
    'git rev-parse --short HEAD',
    'git rev-parse --abbrev-ref HEAD',
    'git log -1',
    'git log -1 --format=%H',
    'git log -1 --format=%cI HEAD',
    'git log -n 1 --pretty=%B',
    'git log --max-count 1 HEAD',
    'git rev-list -1 HEAD',
    'git rev-list --max-count=1 HEAD',
    'git show -s --format=%ct HEAD',
    'git status --porcelain',
    'git ls-files',
    'git diff --stat',
    'git config user.name describe',
    'git submodule update',
    'git commit -m describe',
  ])('needs none: %s', (line) => {
    expect(needsHistory(words(line))).toBe(false);
  });
});

describe('the text of a project', () => {
  it.each([
    [
      '{"scripts":{"build":"mkdir -p dist && git rev-list --count HEAD > dist/index.html"}}',
      'git rev-list --count',
    ],
    ['{"scripts":{"build":"V=$(git describe --tags --abbrev=0) && vite build"}}', 'git describe --tags'],
    [
      "versionCode = providers.exec { commandLine('git', 'rev-list', '--count', 'HEAD') }",
      'git rev-list --count',
    ],
    ['commandLine "git", "describe", "--tags"', 'git describe --tags'],
    ['VERSION := $(shell git describe --dirty)', 'git describe --dirty'],
    ['{"ignoreCommand":"git diff --quiet HEAD^ HEAD -- ."}', 'git diff --quiet'],
    ['{"build":"git rev-parse HEAD && git log --oneline > log.txt"}', 'git log --oneline'],
  ])('calls for history: %s', (text, command) => {
    expect(historyCall(text)).toBe(command);
  });

  it.each([
    '{"scripts":{"build":"vite build"}}',
    '{"scripts":{"build":"git rev-parse --short HEAD > v && vite build"}}',
    '{"scripts":{"build":"VITE_SHA=`git log -1 --format=%h` vite build"}}',
    '{"repository":"git+https://example.com/describe/log.git"}',
    '{"description":"legit describe, digit log"}',
    '{"keywords":["git","github","shortlogs"]}',
    '{"scripts":{"describe":"echo git"}}',
    '',
  ])('does not: %s', (text) => {
    expect(historyCall(text)).toBeNull();
  });

  it('is searched to its end when it is long', () => {
    expect(historyCall('git '.repeat(60_000))).toBeNull();
    expect(historyCall(`${'git status; '.repeat(20_000)}git describe`)).toBe('git describe');
  });
});

describe('a trace of Git', () => {
  const start = (...argv: string[]) => JSON.stringify({ event: 'start', sid: 'x', argv });

  it('gives the commands that need history, each once', () => {
    const trace = [
      '{"event":"version","evt":"3"}',
      start('git', 'rev-parse', 'HEAD'),
      start('/usr/bin/git', 'rev-list', '--count', 'HEAD'),
      start('git', 'rev-list', '--count', 'HEAD'),
      start('git', 'describe', '--tags'),
      '{"event":"exit","code":128}',
    ].join('\n');
    expect(callsInTrace(trace)).toEqual(['git rev-list --count HEAD', 'git describe --tags']);
  });

  it('is read however a build has spoiled it', () => {
    expect(callsInTrace('"event":"start"')).toEqual([]);
    expect(callsInTrace('{"event":"start","argv":[1]}\n{"event":"start","argv":"git describe"}\n[]')).toEqual(
      [],
    );
    expect(
      callsInTrace(Array.from({ length: 50 }, (_, i) => start('git', 'log', `f${i}`)).join('\n')),
    ).toHaveLength(5);
    expect(callsInTrace(start('git', 'log', 'x'.repeat(500)))[0]?.length).toBe(80);
  });
});
