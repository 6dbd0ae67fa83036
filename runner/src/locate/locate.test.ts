/** Where errors are, in what tools print; recorded logs are read in recorded.test.ts. */
import { FailureLocation } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { explain } from '../explain/index.ts';
import { locate } from './index.ts';
import { located, SOURCE } from './testing/located.ts';

describe('without a known tool, the first error at a place counts', () => {
  test.each<[string, string[], string]>([
    ['clang', ['src/a.m:3:1: fatal error: no such module'], 'src/a.m:3:1'],
    [
      'the Dart analyzer',
      ["  error • Undefined name 'x' • lib/a.dart:3:16 • undefined_identifier"],
      'lib/a.dart:3:16',
    ],
    [
      'dart analyze',
      ["  error - lib/a.dart:3:16 - Undefined name 'x'. - undefined_identifier"],
      'lib/a.dart:3:16',
    ],
    ['CMake', ['CMake Error at CMakeLists.txt:7 (find_package):'], 'CMakeLists.txt:7'],
    [
      'PHP',
      ['PHP Parse error:  syntax error, unexpected end of file in /workspace/a.php on line 9'],
      'a.php:9',
    ],
    ['pytest', ['tests/test_cart.py:7: AssertionError'], 'tests/test_cart.py:7'],
    ['PostCSS', ['CssSyntaxError: /workspace/src/a.css:3:5: Unknown word'], 'src/a.css:3:5'],
    [
      'Next.js and its linter',
      ['./app/page.tsx', '4:9  Error: Do not use <img>.  @next/next/no-img-element'],
      'app/page.tsx:4:9',
    ],
    [
      'routes with brackets',
      ['./app/(shop)/[...slug]/page.tsx:4:9', 'Type error: Not assignable.'],
      'app/(shop)/[...slug]/page.tsx:4:9',
    ],
    ['a path with spaces', ['src/my page.ts(3,1): error TS2322: Type mismatch.'], 'src/my page.ts:3:1'],
    [
      'a Gradle script',
      ["Script '/workspace/gradle/sign.gradle' line: 4", '', '* What went wrong:'],
      'gradle/sign.gradle:4',
    ],
  ])('%s', (_, lines, location) => {
    expect(located(lines)?.[0]).toBe(location);
  });

  test('a task name of a monorepo’s runner is no part of a path', () => {
    const lines = ['> web@1.0.0 build', '> tsc', 'src/a.ts(3,1): error TS2322: Type mismatch.'];
    expect(located(lines.map((line) => `web:build: ${line}`))?.[0]).toBe('src/a.ts:3:1');
  });
});

describe('no place of an error is', () => {
  test.each<[string, string[]]>([
    ['a warning of a compiler', ['src/a.c:3:1: warning: unused variable', 'make: *** [all] Error 1']],
    ['a note of a compiler', ['src/a.c:3:1: note: declared here']],
    ['a warning of TypeScript', ['src/a.ts(3,1): warning TS6133: unused', 'npm error code 2']],
    ['a warning of Go', ['./main.go:3:1: warning: x is deprecated']],
    [
      'a warning of Rust',
      ['warning: unused variable: `x`', '  --> src/main.rs:3:1', 'error: could not find `Cargo.toml`'],
    ],
    ['a warning of ESLint', ['/workspace/a.js', '  1:7  warning  unused  no-unused-vars']],
    ['a warning of svelte-check', ['/workspace/src/a.svelte:3:1', 'Warn: no alt']],
    ['a warning of Rolldown', ['[EVAL] Warning: Use of direct eval', '   ╭─[ src/a.js:3:1 ]']],
    ['a warning of esbuild', ['▲ [WARNING] Duplicate key', '', '    src/a.ts:3:1:']],
    ['a warning of Rollup', ['src/a.js (3:1): Use of eval is discouraged']],
    ['a URL with a port', ['Error: GET https://cdn.example.com/lib.js:443:1 failed']],
    ['an address', ['connect ECONNREFUSED 127.0.0.1:3000:1: error: x']],
    ['a module of Node', ['node:internal/modules/run_main:154:5: error: x']],
    ['an installed package', ['node_modules/x/index.d.ts(3,1): error TS2322: x']],
    ['a package of the store', ['/workspace/node_modules/.pnpm/x@1/x.ts(3,1): error TS2322: x']],
    ['a file outside of the source', ['/usr/lib/x.ts(3,1): error TS2322: x']],
    ['a file above the source', ['../../etc/x.ts(3,1): error TS2322: x']],
    ['another folder with the same beginning', ['/workspaces/x.ts(3,1): error TS2322: x']],
    ['line 0', ['src/a.ts(0,1): error TS2322: x']],
    ['a number too large for a line', ['src/a.ts(99999999,1): error TS2322: x']],
    ['a time', ['12:30:45 error: x']],
    ['a file of another system', ['C:\\Users\\me\\app\\src\\a.ts(3,1): error TS2322: x']],
    ['a file of another system, in a message', ['npm error C:\\Users\\me\\app\\src\\a.ts:3:1']],
    ['a Windows path to an installed package', ['node_modules\\x\\a.ts(3,1): error TS2322: x']],
    ['a Windows path above the source', ['..\\..\\a.ts(3,1): error TS2322: x']],
    ['a tool’s own file', ['Error: x', 'file: /usr/local/lib/a.js:3:1']],
    ['an installed file that Hugo reads', ['Error: x: "/workspace/node_modules/a/b.html:3:1": parse failed']],
    ['a file outside, from the folder of make', ["make: Entering directory '/'", 'a.c:3:1: error: x']],
    ['a frame of a stack', ['Error: x', '    at f (src/a.ts:3:1)']],
    ['a folder', ['/workspace(3,1): error TS2322: x']],
    [
      'a traceback that only passes installed code',
      ['  File "/workspace/venv/site-packages/x.py", line 3, in f', 'ValueError: x'],
    ],
    ['nothing', []],
  ])('%s', (_, lines) => {
    expect(located(lines)).toBeNull();
  });
});

describe('paths are from the root of the source', () => {
  const source = { path: '/srv/source', rootDirectory: 'apps/web' };
  const error = '(3,1): error TS2322: Type mismatch.';

  test.each([
    ['src/a.ts', 'apps/web/src/a.ts:3:1'],
    ['./src/a.ts', 'apps/web/src/a.ts:3:1'],
    ['../shared/a.ts', 'apps/shared/a.ts:3:1'],
    ['src\\pages\\a.ts', 'apps/web/src/pages/a.ts:3:1'],
    ['..\\shared\\a.ts', 'apps/shared/a.ts:3:1'],
    ['/srv/source/packages/ui/a.ts', 'packages/ui/a.ts:3:1'],
  ])('%s', (path, location) => {
    expect(located([`${path}${error}`], source)?.[0]).toBe(location);
  });

  test('not if they are outside of it', () => {
    expect(located([`../../../a.ts${error}`], source)).toBeNull();
    expect(located([`/workspace/a.ts${error}`], source)).toBeNull();
  });
});

test('the index is that of the whole output, of which only the end is read', () => {
  const lines = [...Array<string>(1500).fill('compiling'), 'src/a.ts(3,1): error TS2322: Type mismatch.'];
  expect(locate(lines, explain(lines).explanation, SOURCE)).toMatchObject({ index: 1500 });
});

test('a path shows nothing that hides or turns around text', () => {
  const lines = ['src/\u202est.exe(3,1): error TS2322: x'];
  expect(located(lines)?.[0]).toBe('src/\ufffdst.exe:3:1');
});

test('of make’s folders, the innermost that is not left counts', () => {
  const lines = [
    "make: Entering directory '/workspace/build'",
    "make[1]: Entering directory '/workspace/build/deps'",
    "make[1]: Leaving directory '/workspace/build/deps'",
    '../src/a.cc:3:1: error: x',
  ];
  expect(located(lines)?.[0]).toBe('src/a.cc:3:1');
  expect(located(lines.filter((_, index) => index !== 2))?.[0]).toBe('build/src/a.cc:3:1');
});

test('colors and links of a terminal are no part of a place', () => {
  const lines = ['\u001b[36msrc/a.ts\u001b[39m:\u001b[33m3\u001b[39m:1 - \u001b[91merror\u001b[0m TS2322: x'];
  expect(located(lines)?.[0]).toBe('src/a.ts:3:1');
});

describe('a line of a megabyte', () => {
  /** How often a pattern is tried, and the longest text that one is tried on. */
  function tried(lines: readonly string[]) {
    const calls = vi.spyOn(RegExp.prototype, 'exec');
    locate(lines, explain(lines).explanation, SOURCE);
    const lengths = calls.mock.calls.map(([text]) => text.length);
    calls.mockRestore();
    return { times: lengths.length, longest: Math.max(...lengths) };
  }

  test.each(['a', 'src/a.ts:3:1 ', '/', '"', '│ ', 'Error: '])(
    'of %j costs what a short line does',
    (word) => {
      const end = ['', 'src/a.ts(3,1): error TS2322: x'];
      const short = tried([word.repeat(3000).slice(0, 3000), ...end]);
      const long = tried([word.repeat(1_000_000).slice(0, 1_000_000), ...end]);
      expect(long).toEqual(short);
      expect(long.longest).toBeLessThanOrEqual(2000);
    },
  );
});

describe('a hostile log', () => {
  const WORDS = [
    'a/',
    'a.a',
    '(1,1): error ',
    ':1:1',
    'e: ',
    ' --> ',
    'error: ',
    '╭─[ a.a:1:1 ]',
    ',-[a:1:1]',
    '/workspace/',
    'ERROR in ',
    'RollupError: ',
    'SyntaxError: a.a: ',
    ' (1:1)',
    'File "',
    '", line 1',
    '  1:1  error  ',
    ' • ',
    'FAIL ',
    '❯ ',
    ' at ',
    ' ',
    '\\',
    '\u001b[31m',
    '[vite:css] ',
    '[a] ',
    '[plugin vite:vue] ',
    'file: ',
    '@parcel/a: ',
    'Error: "/',
    "make: Entering directory '/",
    '  in "',
  ];

  test('of long lines, made of what the patterns look for, is read in a moment', () => {
    for (const word of WORDS) {
      const lines = Array.from(
        { length: 1000 },
        (_, index) => `${WORDS[index % WORDS.length]}${word.repeat(500)}`,
      );
      const startedAt = process.cpuUsage();
      locate(lines, null, SOURCE);
      expect(process.cpuUsage(startedAt).user / 1e6, word).toBeLessThan(3);
    }
  }, 120_000);

  test('never gives a location that a record does not take', () => {
    const text = fc
      .array(fc.oneof(fc.constantFrom(...WORDS), fc.string({ unit: 'binary', maxLength: 8 })), {
        maxLength: 8,
      })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), fc.boolean(), (lines, explained) => {
        const explanation = explained && lines.length > 0 ? { index: 0 } : null;
        const found = locate(lines, explanation, SOURCE);
        if (found === null) return;
        const { index, ...place } = found;
        expect(FailureLocation.parse({ ...place, seq: null })).toBeDefined();
        expect(index).toBeLessThan(lines.length);
      }),
      { numRuns: 2000 },
    );
  });
});
