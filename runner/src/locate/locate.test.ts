/**
 * Where errors are, read from logs of real failures (`runner/recorded/explain/`, `runner/recorded/locations/`) and from
 * documented output. Hosts and paths in the logs were changed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { FailureLocation, formatLocation } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explain } from '../explain/index.ts';
import { locate } from './index.ts';

const RECORDED = join(import.meta.dirname, '..', '..', 'recorded');
const FOLDERS = ['explain', 'explain/documented', 'locations'];
const SOURCE = { path: '/workspace', rootDirectory: '' };

/** The lines of a log; its last line says how the command ended. */
const linesOf = (log: string): string[] =>
  readFileSync(join(RECORDED, log), 'utf8').trimEnd().split('\n').slice(0, -1);

/** The location, and the beginning of the line that reports the error; null if there is none. */
function located(lines: readonly string[], source = SOURCE): [location: string, line: string] | null {
  const found = locate(lines, explain(lines).explanation, source);
  if (found === null) return null;
  return [
    formatLocation(found),
    stripVTControlCharacters(lines[found.index] ?? '')
      .trim()
      .slice(0, 48),
  ];
}

/** Each log that names a location, the location, and how the line that reports it begins. */
const LOGS: readonly (readonly [log: string, location: string, line: string])[] = [
  [
    'explain/astro-6-unresolved.txt',
    'src/pages/index.astro:2:15',
    "[UNRESOLVED_IMPORT] Could not resolve '../X.astr",
  ],
  [
    'explain/astro-unresolved.txt',
    'src/pages/index.astro:2:18',
    "[UNRESOLVED_IMPORT] Could not resolve '../compon",
  ],
  ['explain/biome.txt', 'a.js:1:1', '✖ This is an unexpected use of the debugger stat'],
  ['explain/bun-build.txt', 'index.ts:1:15', 'error: Could not resolve: "./nothing.ts"'],
  ['explain/cargo-compile.txt', 'src/main.rs:1:47', 'error[E0425]: cannot find value `total` in this '],
  ['explain/cargo-manifest.txt', 'Cargo.toml:1:9', 'error: unclosed table, expected `]`'],
  ['explain/cargo-missing-crate.txt', 'src/main.rs:1:5', 'error[E0432]: unresolved import `serde`'],
  ['explain/cargo-syntax.txt', 'src/main.rs:1:13', 'error: this file contains an unclosed delimiter'],
  ['explain/eslint-10.txt', 'a.js:1:7', "1:7   error  'a' is assigned a value but never u"],
  ['explain/eslint.txt', 'src/x.js:1:7', "1:7  error  'a' is assigned a value but never us"],
  [
    'explain/flutter-linux-compile.txt',
    'lib/main.dart:3:16',
    "lib/main.dart:3:16: Error: Method not found: 'ru",
  ],
  [
    'explain/flutter-linux-import.txt',
    'lib/main.dart:1:8',
    "lib/main.dart:1:8: Error: Error when reading 'li",
  ],
  ['explain/gradle-heap.txt', 'build.gradle:2', '> Java heap space'],
  [
    'explain/gradle-javac.txt',
    'src/main/java/Main.java:1',
    '/workspace/src/main/java/Main.java:1: error: can',
  ],
  ['explain/gradle-plugin.txt', 'build.gradle:1', "Plugin [id: 'com.example.nothing', version: '1.0"],
  ['explain/gradle-syntax.txt', 'build.gradle:1', "build file '/workspace/build.gradle': 1: expecti"],
  ['explain/gradle-task.txt', 'build.gradle:2', '> KEYSTORE_PASSWORD is not set'],
  [
    'explain/next-module-not-found.txt',
    'app/page.jsx:1:1',
    "Module not found: Can't resolve '../lib/missing'",
  ],
  ['explain/next-syntax.txt', 'app/page.tsx:1:41', 'Parsing ecmascript source code failed'],
  [
    'explain/next-turbopack-module.txt',
    'app/page.jsx:1:1',
    "Error: Module not found: Can't resolve './missin",
  ],
  ['explain/next-type.txt', 'app/page.tsx:1:37', "Type error: Type 'string' is not assignable to t"],
  ['explain/next-use-client.txt', 'app/page.tsx:1:10', "You're importing a component that needs `useStat"],
  [
    'explain/next-webpack-syntax.txt',
    'app/page.jsx:1:41',
    "Error:   x Unexpected token. Did you mean `{'}'}",
  ],
  [
    'explain/next-webpack-use-client.txt',
    'app/page.jsx:1:10',
    "Error:   x You're importing a component that nee",
  ],
  ['explain/node-missing-variable.txt', 'build.mjs:1', 'Error: DATABASE_URL is not set'],
  ['explain/node-require-in-esm.txt', 'build.js:1', 'ReferenceError: require is not defined in ES mod'],
  ['explain/node-syntax.txt', 'build.cjs:1', "SyntaxError: Unexpected identifier 'b'"],
  ['explain/rollup-no-export.txt', 'src/main.js:1:10', '[!] RollupError: src/main.js (1:9): "b" is not e'],
  [
    'explain/svelte-env.txt',
    'src/routes/+page.svelte:1:18',
    'src/routes/+page.svelte (1:17): "API_KEY" is not',
  ],
  [
    'explain/svelte-syntax.txt',
    'src/routes/+page.svelte:1:17',
    '[vite-plugin-svelte:compile] [plugin vite-plugin',
  ],
  ['explain/tsc-config.txt', 'tsconfig.json:1:1', "tsconfig.json(1,1): error TS1005: '{' expected."],
  ['explain/tsc-errors.txt', 'src/index.ts:1:14', "src/index.ts(1,14): error TS2322: Type 'string' "],
  [
    'explain/tsc-removed-option.txt',
    'tsconfig.json:1:40',
    "tsconfig.json(1,40): error TS5108: Option 'modul",
  ],
  ['explain/vite-case.txt', 'main.js:1:15', "[UNRESOLVED_IMPORT] Could not resolve './Button."],
  ['explain/vite-no-export.txt', 'src/main.jsx:1:10', '[MISSING_EXPORT] Error: "b" is not exported by "'],
  ['explain/vite-parse-error.txt', 'main.js:1:11', '[PARSE_ERROR] Unexpected token'],
  ['explain/vite-parse.txt', 'src/main.jsx:1:23', '[builtin:vite-transform] Error: Unexpected token'],
  ['explain/vite-unresolved.txt', 'src/main.jsx:1:8', "[UNRESOLVED_IMPORT] Error: Could not resolve './"],
  ['explain/vitest.txt', 'a.test.js:2:39', 'FAIL  a.test.js > adds up'],
  ['explain/vue-tsc.txt', 'src/App.vue:2:7', "src/App.vue(2,7): error TS2322: Type 'string' is"],
  ['explain/webpack-missing.txt', 'src/index.js:1:1', "Module not found: Error: Can't resolve './missin"],
  ['explain/webpack-syntax.txt', 'src/index.js:1:11', 'Module parse failed: Unexpected token (1:10)'],
  [
    'explain/documented/android-java-version.txt',
    'app/build.gradle:2',
    '> Android Gradle plugin requires Java 17 to run.',
  ],
  [
    'explain/documented/flutter-compile.txt',
    'lib/cart.dart:14:21',
    "lib/cart.dart:14:21: Error: The getter 'totalPri",
  ],
  [
    'explain/documented/flutter-pubspec.txt',
    'pubspec.yaml:12:3',
    'Error on line 12, column 3 of pubspec.yaml: Expe',
  ],
  [
    'explain/documented/kotlin-compile-old.txt',
    'app/src/main/java/com/example/Cart.kt:7:22',
    'e: /workspace/app/src/main/java/com/example/Cart',
  ],
  [
    'explain/documented/kotlin-compile.txt',
    'app/src/main/java/com/example/MainActivity.kt:12:9',
    'e: file:///workspace/app/src/main/java/com/examp',
  ],
  [
    'explain/documented/tauri-frontend.txt',
    'src/lib.rs:12:14',
    '= help: message: The `frontendDist` configuratio',
  ],
  [
    'locations/astro-check.txt',
    'src/pages/index.astro:2:7',
    'src/pages/index.astro:2:7 - error ts(2322): Type',
  ],
  ['locations/cargo-warning-first.txt', 'src/main.rs:3:27', 'error[E0308]: mismatched types'],
  ['locations/esbuild-errors.txt', 'src/app.ts:3:1', '✘ [ERROR] Cannot assign to "a" because it is a c'],
  [
    'locations/eslint-warnings-first.txt',
    'src/b.js:3:10',
    "3:10  error    'missing' is not defined         ",
  ],
  ['locations/gcc.txt', 'main.c:4:10', 'main.c:4:10: error: ‘total’ undeclared (first us'],
  ['locations/go-build.txt', 'cart/cart.go:4:9', 'cart/cart.go:4:9: cannot use "x" (untyped string'],
  ['locations/go-vet.txt', 'cart/cart.go:4:9', 'vet: cart/cart.go:4:9: cannot use "x" (untyped s'],
  ['locations/javac.txt', 'src/Main.java:2', 'src/Main.java:2: error: cannot find symbol'],
  ['locations/jest.txt', 'src/a.test.js:2:17', 'FAIL src/a.test.js'],
  ['locations/node-throw.txt', 'lib.mjs:2', 'Error: no articles'],
  ['locations/python-library.txt', 'lib.py:2', 'json.decoder.JSONDecodeError: Expecting property'],
  ['locations/python-syntax.txt', 'broken.py:1', 'SyntaxError: invalid syntax'],
  ['locations/python-traceback.txt', 'site/cart.py:2', "AttributeError: 'int' object has no attribute 'p"],
  ['locations/rollup-parse.txt', 'src/main.js:2:11', '[!] RollupError: src/main.js (2:10): Expression '],
  ['locations/sass.txt', 'src/a.scss:2:10', 'Error: Undefined variable.'],
  [
    'locations/svelte-check-machine.txt',
    'src/App.svelte:2:7',
    '1795999929952 ERROR "src/App.svelte" 2:7 "Type \'',
  ],
  ['locations/svelte-check.txt', 'src/App.svelte:2:7', "Error: Type 'string' is not assignable to type '"],
  ['locations/tsc-pretty.txt', 'src/index.ts:1:14', "src/index.ts:1:14 - error TS2322: Type 'string' "],
  ['locations/vite7-esbuild.txt', 'src/main.ts:2:10', '[vite:build-html] Transform failed with 1 error:'],
  ['locations/vite7-sass.txt', 'src/a.scss:2:10', '[vite:css] [sass] Undefined variable.'],
  ['locations/webpack-babel.txt', 'src/index.js:2:11', 'Module build failed (from ../node_modules/babel-'],
  ['locations/webpack-parse.txt', 'src/index.js:2:11', 'Module parse failed: Unexpected token (2:10)'],
  ['locations/webpack-ts-loader.txt', 'src/index.ts:1:7', '[tsl] ERROR in /workspace/src/index.ts(1,7)'],
];

describe('the recorded log', () => {
  test.each(LOGS)('%s names %s', (log, location, line) => {
    expect(located(linesOf(log))).toEqual([location, line]);
  });

  const others = FOLDERS.flatMap((folder) =>
    readdirSync(join(RECORDED, folder))
      .filter((name) => name.endsWith('.txt'))
      .map((name) => posix.join(folder, name)),
  ).filter((log) => !LOGS.some(([known]) => known === log));

  // What failed there is not at a place in the source: a package, a host, a variable, a program.
  test.each(others)('%s names none', (log) => {
    expect(located(linesOf(log))).toBeNull();
  });
});

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
