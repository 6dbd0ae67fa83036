/**
 * How tools print that there is an error at a place. Every pattern is tried on lines of at most 500 units; its time
 * grows at most with the square of that.
 */

/** A path at the start of a line: it may have spaces, and the brackets of routes such as `(shop)/[slug]`. */
const PATH = String.raw`(?:file:\/\/)?(?<path>[^\s:"'|<>*?][^:"'|<>*?\t]{0,300}?\.[A-Za-z][A-Za-z0-9]{0,9})`;
/** A path inside a line: without spaces. */
const WORD = String.raw`(?:file:\/\/)?(?<path>[^\s:"'|<>*?]{1,300}\.[A-Za-z][A-Za-z0-9]{0,9})`;
const LINE = String.raw`(?<line>\d{1,7})`;
const COLUMN = String.raw`(?<column>\d{1,7})`;

/** Builds a pattern from a text with PATH, WORD, LINE and COLUMN in it. */
const pattern = (text: string): RegExp =>
  new RegExp(
    text
      .replaceAll('PATH', PATH)
      .replaceAll('WORD', WORD)
      .replaceAll('LINE', LINE)
      .replaceAll('COLUMN', COLUMN),
  );

/** A way to print a place. `columnFrom` is the number of a line's first column. */
export interface PlacePattern {
  readonly when: RegExp;
  readonly columnFrom: 0 | 1;
}

const from1 = (text: string): PlacePattern => ({ when: pattern(text), columnFrom: 1 });
const from0 = (text: string): PlacePattern => ({ when: pattern(text), columnFrom: 0 });

/** One line with a place and the error there. The first that matches counts. */
export const REPORTS: readonly PlacePattern[] = [
  // esbuild, also within Vite: src/a.ts:3:1: ERROR: …
  from0(String.raw`^PATH(?:\?[^\s:]{0,200})?:LINE:COLUMN: ERROR: \S`),
  // Clang, GCC, Dart, Swift: src/a.c:3:1: error: …
  from1(String.raw`^PATH:LINE:COLUMN: (?:fatal )?[Ee]rror: \S`),
  // TypeScript: src/a.ts(3,1): error TS2322: …; ts-loader sets "[tsl] ERROR in" before it.
  from1(String.raw`^PATH\(LINE,COLUMN\): error \S`),
  from1(String.raw`^(?:\[tsl\] )?ERROR in PATH\(LINE,COLUMN\)$`),
  // TypeScript with colors, Astro: src/a.ts:3:1 - error TS2322: …
  from1(String.raw`^PATH:LINE:COLUMN - error \S`),
  // svelte-check --output machine: 1700000000000 ERROR "src/a.svelte" 3:1 "…"
  from1(String.raw`^\d{10,16} ERROR "(?<path>[^"\\]{1,300})" LINE:COLUMN "`),
  // webpack: ERROR in ./src/a.js 3:1-30, and its type checker: ERROR in ./src/a.ts:3:1
  from0(String.raw`^ERROR in PATH LINE:COLUMN(?:-\d[\d:]{0,15})?$`),
  from1('^ERROR in PATH:LINE:COLUMN$'),
  // Babel: SyntaxError: /workspace/src/a.js: Unexpected token (3:1)
  from0(String.raw`\bSyntaxError: PATH: [^\n]{1,300} \(LINE:COLUMN\)`),
  // Svelte within Vite: [vite-plugin-svelte:compile] … src/App.svelte (3:1): …
  from0(String.raw`^\[(?:plugin )?vite-plugin-svelte[\w:]*\] (?:\[[^\]]{1,60}\] )?PATH \(LINE:COLUMN\)`),
  // Vue within Vite, which counts columns from 1; and Babel within Vue, which does not.
  from1(String.raw`\[plugin vite:vue\] PATH \(LINE:COLUMN\): \S`),
  from0(String.raw`^\[plugin [\w:@/-]{1,80}\] PATH:LINE:COLUMN$`),
  // Rollup: RollupError: src/a.js (3:1): …; [!] RollupError: …
  from0(String.raw`\bRollupError: (?:\[[^\]]{1,60}\] )?PATH \(LINE:COLUMN\)`),
  // PostCSS and others: [vite:css] [postcss] /workspace/a.css:3:1: Unknown word; CssSyntaxError: a.css:3:1: …
  from1(String.raw`(?:^|\s)\w{0,60}(?:Error|\[postcss\]): ?WORD:LINE:COLUMN: \S`),
  from1(String.raw`\[postcss\] WORD:LINE:COLUMN: \S`),
  // Kotlin: e: file:///workspace/a.kt:3:1 …, and before version 1.9: e: /workspace/a.kt: (3, 1): …
  from1(String.raw`^e: PATH:LINE:COLUMN:? \S`),
  from1(String.raw`^e: PATH: \(LINE, COLUMN\): \S`),
  // Java, and make-like tools: src/A.java:3: error: …
  from1(String.raw`^PATH:LINE: (?:fatal )?[Ee]rror: \S`),
  // pytest: tests/test_a.py:3: AssertionError
  from1(String.raw`^PATH:LINE: \w{0,60}(?:Error|Exception)\b`),
  // Go: ./main.go:3:1: undefined: x; vet: ./main.go:3:1: …
  from1(String.raw`^(?:vet: )?(?<path>[^\s:"'|<>*?]{1,300}\.go):LINE(?::COLUMN)?: (?!warning\b)\S`),
  // Dart analyzer: error • … • lib/main.dart:3:1 • undefined_identifier, or with hyphens.
  from1(String.raw`^\s{0,4}error • .{1,300} • WORD:LINE:COLUMN • \w`),
  from1(String.raw`^\s{0,4}error - WORD:LINE:COLUMN - \S`),
  // Dart's pub: Error on line 3, column 1 of pubspec.yaml: …
  {
    when: /^Error on line (?<line>\d{1,7}), column (?<column>\d{1,7}) of (?<path>[^\s:]{1,300}): /,
    columnFrom: 1,
  },
  // CMake: CMake Error at CMakeLists.txt:3 (find_package):
  from1(String.raw`^CMake Error at PATH:LINE \(`),
  // Hugo: Error: error building site: "/workspace/layouts/index.html:3:1": …
  from1(String.raw`^Error: .{0,200}?"(?<path>\/[^"\s:]{1,300}):LINE:COLUMN": \S`),
  // node-gyp, whose files are Python:   File "binding.gyp", line 3
  { when: /^ {2}File "(?<path>[^"]{1,300}\.gypi?)", line (?<line>\d{1,7})$/, columnFrom: 1 },
  // PHP: PHP Parse error: … in /workspace/a.php on line 3
  from1('^(?:PHP )?(?:Parse|Fatal) error: .{1,300} in WORD on line LINE$'),
];

/** A place on a line of its own, and the error before or after it. */
export interface PairPattern extends PlacePattern {
  /** The line of the error, without the place. */
  readonly error: RegExp;
  /** Where it is: so many lines before (negative) or after the place, at most. */
  readonly within: number;
}

/** What errors of bundlers begin with. A warning is none. */
const BUNDLER_ERROR =
  /^(?:\[[A-Z][A-Z_]{3,40}\](?! Warning)|\[builtin:[\w-]{1,40}\](?! Warning)|(?:\w{0,40}Error|Error)\b)/;

export const PAIRS: readonly PairPattern[] = [
  // Rust: error[E0425]: …, then --> src/main.rs:3:1
  { ...from1(String.raw`^\s{0,8}--> PATH:LINE:COLUMN$`), error: /^error(?:\[\w{1,10}\])?: \S/, within: -2 },
  // esbuild: ✘ [ERROR] …, then src/a.ts:3:0:
  { ...from0(String.raw`^\s{1,8}PATH:LINE:COLUMN:$`), error: /^[✘X] \[ERROR\] \S/, within: -3 },
  // Rolldown: [PARSE_ERROR] …, then ╭─[ src/a.js:3:1 ]
  { ...from1(String.raw`^\s{0,8}[╭┌]─\[ PATH:LINE:COLUMN \]`), error: BUNDLER_ERROR, within: -3 },
  // Plugins of Vite, also within Nuxt: the error, then file: /workspace/src/a.vue:3:1
  {
    ...from0(String.raw`^(?:│\s{1,4})?file: PATH:LINE:COLUMN$`),
    error: /\[vite[\w:-]*\]|\[plugin \S|^(?:■\s{1,4})?\S.{0,60}\w{0,60}Error: /,
    within: -12,
  },
  // Parcel: @parcel/transformer-js: …, then   /workspace/src/a.js:3:1
  {
    ...from1(String.raw`^\s{1,4}PATH:LINE:COLUMN$`),
    error: /^@parcel\/[\w-]{1,60}: \S/,
    within: -2,
  },
  // vue-loader: VueCompilerError: …, then at /workspace/src/App.vue:3:1
  { ...from1('^at PATH:LINE:COLUMN$'), error: /^VueCompilerError: \S/, within: -1 },
  // svelte-check: /workspace/src/App.svelte:3:1, then Error: …; Next.js: ./app/page.tsx:3:1, then its error
  {
    ...from1('^PATH:LINE:COLUMN$'),
    error:
      /^(?:Error|Type error|Syntax error|Module not found|Parsing \w{1,30} source code failed|Ecmascript file had an error)\b/,
    within: 1,
  },
  // Node.js: file:///workspace/build.mjs:3, then the line, a caret, and the error
  {
    when: /^(?:file:\/\/)?(?<path>\/[^\s:]{1,300}):(?<line>\d{1,7})$/,
    columnFrom: 1,
    error: /^\w{0,60}(?:Error|Exception)\b/,
    within: 6,
  },
  // Bun: error: …, then at /workspace/index.ts:3:1
  { ...from1(String.raw`^\s{1,8}at (?:\S{1,100} \()?PATH:LINE:COLUMN\)?$`), error: /^error: \S/, within: -2 },
  // Biome: a.js:3:1 lint/suspicious/noDebugger, then the reason with a cross before it
  {
    ...from1(String.raw`^PATH:LINE:COLUMN (?:lint|parse|format|assist|syntax)\b`),
    error: /^\s{1,4}[✖×] \S/,
    within: 3,
  },
  // Sass: Error: …, then src/a.scss 3:1  root stylesheet
  {
    ...from1(String.raw`^\s{1,8}WORD LINE:COLUMN {1,8}(?:root stylesheet|@\w+|\w[\w-]*\(\))`),
    error: /^(?:(?:Error: |(?:\[vite:css\] )?\[sass\] )\S|Module build failed \(from .{0,200}sass-loader)/,
    within: -12,
  },
  // YAML in Python, as of MkDocs: what is wrong, then   in "/workspace/mkdocs.yml", line 3, column 1
  {
    when: /^ {2}in "(?<path>[^"]{1,300})", line (?<line>\d{1,7}), column (?<column>\d{1,7})$/,
    columnFrom: 1,
    error: /^(?:expected|found|could not|did not|mapping values|undefined alias)\b/,
    within: -1,
  },
  // Gradle: the place of a script, then what went wrong
  {
    when: /^(?:(?:Build|Settings|Initialization) file|Script) '(?<path>[^']{1,300})' line: (?<line>\d{1,7})$/,
    columnFrom: 1,
    error: /^\* What went wrong:/,
    within: 3,
  },
  // Vitest: FAIL a.test.js > …, then ❯ a.test.js:3:1; Jest: the frame of the test
  {
    ...from1(String.raw`^\s{0,4}❯ (?:\S{1,100} )?WORD:LINE:COLUMN$`),
    error: /^\s{0,2}FAIL\s{1,4}\S/,
    within: -40,
  },
  {
    ...from1(String.raw`^\s{4,8}at (?:\S.{0,100} \()?WORD:LINE:COLUMN\)?$`),
    error: /^\s{0,2}FAIL\s{1,4}\S/,
    within: -40,
  },
];

/** The endings of source files. */
const ENDINGS =
  '[cm]?[jt]sx?|vue|svelte|astro|css|scss|sass|less|html?|json[5c]?|ya?ml|toml|mdx?|dart|kts?|java|gradle|groovy|swift|mm?|rs|go|py|rb|c|cc|cpp|hp?p?|xml|cs|php|sh';

/** Places anywhere in a line that is known to report an error. Only of source files, and not within a URL. */
const FILE = String.raw`(?<![\w@.+~/\\:-])(?<path>[\w@.+~/()[\]$-]{1,300}\.(?:${ENDINGS}))`;
export const ANYWHERE: readonly PlacePattern[] = [
  // Rollup: src/a.js (3:1): …
  { when: new RegExp(String.raw`${FILE} \((?<line>\d{1,7}):(?<column>\d{1,7})\)`), columnFrom: 0 },
  { when: new RegExp(String.raw`${FILE}\((?<line>\d{1,7}),(?<column>\d{1,7})\)`), columnFrom: 1 },
  { when: new RegExp(String.raw`${FILE}:(?<line>\d{1,7})(?::(?<column>\d{1,7}))?(?!\w)`), columnFrom: 1 },
];
