import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ERROR_SIGNAL, ErrorStarts, outputTone } from './error-lines.ts';

describe('an error is', () => {
  test.each([
    "src/index.ts(1,14): error TS2322: Type 'string' is not assignable.",
    '\u001b[96msrc/index.ts\u001b[0m:\u001b[93m1\u001b[0m:\u001b[93m14\u001b[0m - \u001b[91merror\u001b[0m\u001b[90m TS2322: \u001b[0mType',
    'src/pages/index.astro:2:7 - error ts(2322): Type',
    'main.c:4:10: error: ‘total’ undeclared',
    'main.c:4:10: fatal error: x.h: No such file',
    'error[E0308]: mismatched types',
    'error: could not compile `shop`',
    'Error: no articles',
    'TypeError: x is not a function',
    'Error [ERR_MODULE_NOT_FOUND]: Cannot find package',
    "json.decoder.JSONDecodeError: Expecting ',' delimiter",
    '[!] RollupError: src/main.js (2:10): Expression expected',
    '\u001b[31m✘\u001b[39m [ERROR] Could not resolve "x"',
    '[UNRESOLVED_IMPORT] Could not resolve ./x',
    '  3:10  error    missing is not defined  no-undef',
    '✖ 3 problems (3 errors, 0 warnings)',
    '   × adds up 6ms',
    ' FAIL  src/a.test.js > adds up',
    'ERROR in ./src/index.js 2:10',
    'ERROR: failed to solve',
    ' ERROR  Could not resolve "./Sidebar"',
    '04:32:06 [ERROR] [build] Caught error',
    'npm error code ELIFECYCLE',
    'npm ERR! code 1',
    'e: file:///workspace/Main.kt:12:9 Unresolved reference',
    './main.go:6:14: undefined: total',
    'vet: ./main.go:6:14: undefined: total',
    'panic: runtime error: index out of range',
    'fatal: not a git repository',
    'Traceback (most recent call last):',
    'make: *** [all] Error 1',
    'sh: 1: vit: not found',
    'FAILURE: Build failed with an exception.',
    'BUILD FAILED in 3s',
    '> Task :compileJava FAILED',
    'Failed to compile.',
    "Module not found: Can't resolve './x'",
    '1795999929952 ERROR "src/App.svelte" 2:7 "Type"',
    "  error • Undefined name 'x' • lib/a.dart:3:16 • undefined_identifier",
  ])('%j', (line) => expect(outputTone(line)).toBe('error'));
});

describe('a warning is', () => {
  test.each([
    'npm warn deprecated inflight@1.0.6: Error: leaks memory',
    'main.c:3:7: warning: unused variable',
    'warning: unused variable: `x`',
    'Warn: `<img>` element should have an alt attribute',
    '  1:7   warning  unused is assigned a value',
    '▲ [WARNING] Duplicate key "a"',
    '⚠ No build cache found. Please configure build caching.',
    '(!) Some chunks are larger than 500 kB after minification.',
    'w: file:///workspace/Main.kt:3:1 Parameter is never used',
    '1795999929952 WARNING "src/App.svelte" 6:1 "alt"',
    'src/a.ts(3,1): warning TS6133: unused',
    'WARN  deprecated x@1.0.0',
    '\u001b[33m WARN \u001b[39m deprecated x@1.0.0',
  ])('%j', (line) => expect(outputTone(line)).toBe('warning'));
});

describe('neither is', () => {
  test.each([
    '',
    'compiled src/error.ts in 3 ms',
    'dist/assets/error-boundary-3f2a.js  1.20 kB │ gzip: 0.60 kB',
    '✓ src/errors.test.ts (3 tests) handles error: x',
    '0 errors, 0 warnings',
    'Result (2 files): no errors',
    'Found 0 errors. Watching for file changes.',
    '    at handleError (src/a.ts:3:1)',
    'GET /failures 200',
    'added 3 packages, and audited 400 packages in 2s',
    'INFO  error reporting is enabled: yes',
    'the: e: is a letter',
    'export class HttpError extends Error {',
    'ok  	example.com/shop/errors	0.02s',
    'Downloading failsafe-3.0.jar',
    'modules/warning.md',
  ])('%j', (line) => expect(outputTone(line)).toBeNull());
});

test('a line that reports an error has one of the signals that a scan looks for', () => {
  const folder = join(import.meta.dirname, '../../../../runner/recorded/locations');
  const signal = new RegExp(ERROR_SIGNAL, 'i');
  let errors = 0;
  for (const name of readdirSync(folder)) {
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      if (outputTone(line) !== 'error') continue;
      errors += 1;
      expect(signal.test(JSON.stringify(line)), line).toBe(true);
    }
  }
  expect(errors).toBeGreaterThan(20);
});

test('each error starts once, though npm repeats its label on each line of a message', () => {
  const starts = new ErrorStarts();
  expect(starts.add(3, 'a.ts(1,1): error TS1: x')).toBe(true);
  expect(starts.add(4, 'a.ts(2,1): error TS1: x')).toBe(true);
  expect(starts.add(7, 'npm error code 2')).toBe(true);
  expect(starts.add(8, 'npm error path /workspace')).toBe(false);
  expect(starts.add(9, 'npm error command sh -c tsc')).toBe(false);
  expect(starts.add(20, 'npm error code 1')).toBe(true);
  expect(starts.found).toEqual([3, 4, 7, 20]);
});

test('hostile lines end', () => {
  for (const part of ['error', ' error ', '[A_', 'Error: ', 'e: ', ' 1:1', '\u001b[31m', '.go:1', 'A'])
    for (let round = 0; round < 20; round += 1) outputTone(part.repeat(10_000));
});
