/**
 * Where errors are, read from logs of real failures (`runner/recorded/explain/`, `runner/recorded/locations/`) and from
 * documented output. Hosts and paths in the logs were changed.
 */
import { readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { explain } from '../explain/index.ts';
import { failureLine } from '../sandbox/failure-line.ts';
import { linesOf, located, RECORDED } from './testing/located.ts';

const FOLDERS = ['explain', 'explain/documented', 'locations'];

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
  ['locations/vite7-esbuild.txt', 'src/main.ts:2:10', '/workspace/src/main.ts:2:9: ERROR: Unexpected "='],
  ['locations/vite7-sass.txt', 'src/a.scss:2:10', '[vite:css] [sass] Undefined variable.'],
  ['locations/webpack-babel.txt', 'src/index.js:2:11', 'Module build failed (from ../node_modules/babel-'],
  ['locations/webpack-parse.txt', 'src/index.js:2:11', 'Module parse failed: Unexpected token (2:10)'],
  ['locations/webpack-ts-loader.txt', 'src/index.ts:1:7', '[tsl] ERROR in /workspace/src/index.ts(1,7)'],
  ['locations/angular-template.txt', 'src/app.html:2:10', "✘ [ERROR] TS2551: Property 'titel' does not exis"],
  ['locations/angular-type.txt', 'src/main.ts:6:12', "✘ [ERROR] TS2322: Type 'string' is not assignabl"],
  ['locations/astro-mdx.txt', 'src/pages/index.mdx:3:1', '3:1: Expected a closing tag for `<Card>` (3:1) ('],
  ['locations/astro5-syntax.txt', 'src/pages/index.astro:2:17', 'Location:'],
  ['locations/docusaurus-mdx.txt', 'docs/intro.mdx:3:38', 'Error: MDX compilation failed for file "/workspa'],
  ['locations/esbuild-unresolved.txt', 'src/a.ts:1:19', '✘ [ERROR] Could not resolve "./b"'],
  ['locations/hugo-config.txt', 'hugo.toml:1:14', 'Error: failed to load config: "/workspace/hugo.t'],
  [
    'locations/hugo-front-matter.txt',
    'content/_index.md:2:1',
    'Error: error building site: process: readAndProc',
  ],
  ['locations/hugo-parse.txt', 'layouts/index.html:2:1', 'Error: error building site: "/workspace/layouts/'],
  [
    'locations/hugo-template.txt',
    'layouts/index.html:1:7',
    'Error: error building site: render: failed to re',
  ],
  [
    'locations/kotlin-gradle.txt',
    'src/main/kotlin/shop/Cart.kt:4:17',
    'e: /workspace/src/main/kotlin/shop/Cart.kt: (4, ',
  ],
  ['locations/mkdocs-config.txt', 'mkdocs.yml:4:2', "expected <block end>, but found '<block sequence"],
  ['locations/next-css.txt', 'a.module.css:1:1', 'Syntax error: /workspace/a.module.css Unclosed b'],
  ['locations/next-eslint.txt', 'app/page.jsx:2:16', "2:16  Error: `'` can be escaped with `&apos;`, `"],
  ['locations/node-gyp-compile.txt', 'a.cc:4:10', '../a.cc:4:10: error: ‘prices’ was not declared i'],
  ['locations/node-gyp-python.txt', 'binding.gyp:5', 'File "binding.gyp", line 5'],
  ['locations/nuxt3-template.txt', 'app.vue:3:9', '■  Nuxt build error: RollupError: [vite:vue] [pl'],
  ['locations/nuxt4-script.txt', 'app/app.vue:3:15', '■  Nuxt build error: SyntaxError: [vite:vue] [vu'],
  ['locations/parcel-syntax.txt', 'src/main.js:2:44', "@parcel/transformer-js: Expected ',', got ';'"],
  ['locations/parcel-unresolved.txt', 'src/main.js:2:19', "@parcel/core: Failed to resolve './cart.js' from"],
  [
    'locations/react-router-syntax.txt',
    'app/routes/home.jsx:2:26',
    '/workspace/app/routes/home.jsx?__react-router-bu',
  ],
  ['locations/rsbuild-syntax.txt', 'src/index.js:2', '× Module build failed (from builtin:swc-loader):'],
  ['locations/vite-mdx.txt', 'src/post.mdx:3:42', '[plugin @mdx-js/rollup] /workspace/src/post.mdx'],
  ['locations/vite-vue-script.txt', 'src/App.vue:3:21', '[plugin vite:vue] /workspace/src/App.vue:3:20'],
  ['locations/vite5-json.txt', 'src/cart.json:2:10', '[vite:json] [plugin vite:json] src/cart.json (2:'],
  ['locations/vite6-svelte.txt', 'src/App.svelte:5:1', '[vite-plugin-svelte] [plugin vite-plugin-svelte]'],
  ['locations/vite6-vue.txt', 'src/App.vue:3:5', '[vite:vue] [plugin vite:vue] src/App.vue (3:5): '],
  ['locations/vitepress.txt', 'index.md:5:18', '[vite:vue] [plugin vite:vue] index.md (5:18): In'],
  ['locations/webpack-sass.txt', 'src/a.scss:3:10', 'Module build failed (from ./node_modules/sass-lo'],
  ['locations/webpack-vue.txt', 'src/App.vue:3:5', 'VueCompilerError: Element is missing end tag.'],
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

  // Those that name a location and those that name none.
  test.each([...LOGS.map(([log]) => log), ...others])('%s has a headline that says the cause', (log) => {
    const lines = linesOf(log);
    const headline = explain(lines).explanation?.line ?? failureLine(lines) ?? '';
    expect(headline).toMatch(/[^:\s]$/);
    expect(headline).not.toMatch(/node_modules\/|\/workspace\//);
  });
});
