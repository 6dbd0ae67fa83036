import { describe, expect, test } from 'vitest';
import { failureLine } from './failure-line.ts';
import { type FinishedBuild, verdict } from './verdict.ts';

/** A change of a build, with the lines of its output as plain text. */
type Change = Partial<Omit<FinishedBuild, 'tail'>> & { readonly tail?: readonly string[] };

const TAIL = [
  '> vite build',
  'error during build:',
  'Could not resolve "./missing.js" from "src/main.js"',
  '    at x (y.js:1)',
];

/** The first line of the output is the tenth of the log. */
const build = ({ tail = TAIL, ...change }: Change): FinishedBuild => ({
  exitCode: 1,
  oomKilled: false,
  stage: 'build',
  commands: { ignore: 'git diff --quiet', install: 'npm ci', build: 'npm run build' },
  memoryBytes: 512 * 1024 ** 2,
  diskFull: false,
  diskBytes: 10 * 1024 ** 3,
  refusedHosts: [],
  source: { path: '/workspace', rootDirectory: '' },
  tail: tail.map((text, index) => ({ text, seq: index + 10 })),
  ...change,
});

const told = (change: Change) => {
  const failure = verdict(build(change));
  return failure === null ? null : `${failure.code}: ${failure.message}`;
};

test('exit code 0 is a success, even if a child was killed for its memory', () => {
  expect(told({ exitCode: 0, oomKilled: true })).toBeNull();
});

test('a failure names the command, the exit code and the line that says why', () => {
  expect(told({})).toBe(
    'build_failed: The build command (npm run build) ended with exit code 1: Could not resolve "./missing.js" from "src/main.js"',
  );
  expect(told({ stage: 'install', tail: [] })).toBe(
    'install_failed: The install command (npm ci) ended with exit code 1',
  );
  expect(told({ exitCode: 127, tail: ['bash: line 1: vit: command not found'] })).toBe(
    'build_failed: The build command (npm run build) ended with exit code 127 (command not found): bash: line 1: vit: command not found',
  );
  expect(told({ exitCode: 139, tail: [] })).toContain('was killed by SIGSEGV');
});

test('a failure for want of a host names the hosts that were refused, and no other failure does', () => {
  const refusedHosts = ['fonts.example.com:443', 'a.example:443', 'b.example:443', 'c.example:443'];
  const hintOf = (tail: string[]) => verdict(build({ tail, refusedHosts }))?.hint;
  expect(hintOf(['Failed to fetch Inter from Google Fonts.'])).toMatch(
    / Refused in this build: fonts\.example\.com:443, a\.example:443, b\.example:443 and 1 more\.$/,
  );
  expect(hintOf(['Could not resolve "./missing.js" from "src/main.js"'])).not.toContain('Refused');
  expect(verdict(build({ tail: ['Failed to fetch Inter from Google Fonts.'] }))?.hint).not.toContain(
    'Refused',
  );
});

test('a command that is killed where nothing limits memory is reported as killed', () => {
  expect(told({ exitCode: 137, memoryBytes: null, tail: [] })).toBe(
    'build_failed: The build command (npm run build) was killed by SIGKILL',
  );
});

test('a container that is killed while its ignore command runs is reported as out_of_memory', () => {
  expect(told({ stage: 'ignore', exitCode: 137 })).toBe(
    'out_of_memory: The ignore command (git diff --quiet) was killed at the memory limit of 512 MiB',
  );
});

test('out_of_memory is detected from the engine, the exit code, and what a runtime prints about its heap', () => {
  const killed = 'out_of_memory: The build command (npm run build) was killed at the memory limit of 512 MiB';
  expect(told({ oomKilled: true })).toBe(killed);
  expect(told({ exitCode: 137 })).toBe(killed);
  expect(
    told({
      exitCode: 134,
      tail: ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'],
    }),
  ).toBe('out_of_memory: The build command (npm run build) failed: Node ran out of heap memory');
});

test('a full disk is detected from its file system, or from what programs print', () => {
  expect(told({ diskFull: true, tail: ['internal error'] })).toBe(
    'disk_full: The build command (npm run build) filled its disk. The limit is 10 GiB',
  );
  expect(told({ tail: ['npm error nospc ENOSPC: no space left on device, write'] })).toBe(
    'disk_full: The build command (npm run build) ran out of disk space: nospc ENOSPC: no space left on device, write',
  );
});

test('what a tool says is explained: its first real line, and what to do about it', () => {
  const failure = verdict(
    build({ tail: ["src/a.ts(1,7): error TS2307: Cannot find module 'chart.js'.", 'npm error code 2'] }),
  );
  expect(failure?.message).toBe(
    "The build command (npm run build) ended with exit code 1: src/a.ts(1,7): error TS2307: Cannot find module 'chart.js'.",
  );
  expect(failure?.hint).toBe('Add chart.js to the dependencies of package.json and commit the lockfile.');
  expect(verdict(build({ tail: ['FATAL ERROR: JavaScript heap out of memory'] }))?.hint).toContain(
    'NODE_OPTIONS',
  );
});

describe('the location of a failure', () => {
  const locationOf = (change: Change) => verdict(build(change))?.toReport('building').location;
  const tail = ['> tsc', 'src/a.ts(3,7): error TS2322: Type mismatch.', 'npm error code 2'];

  test('is that of the error that the message quotes, with the log line that reports it', () => {
    expect(locationOf({ tail })).toEqual({ path: 'src/a.ts', line: 3, column: 7, seq: 11 });
  });

  test('is from the root of the source, wherever the commands ran', () => {
    const source = { path: '/srv/attempt/source', rootDirectory: 'apps/web' };
    expect(locationOf({ tail, source })).toMatchObject({ path: 'apps/web/src/a.ts' });
    const absolute = ['/srv/attempt/source/packages/ui/b.ts(3,7): error TS2322: Type mismatch.'];
    expect(locationOf({ tail: absolute, source })).toMatchObject({ path: 'packages/ui/b.ts' });
  });

  test('has no log line while the log omits it', () => {
    const failure = verdict({ ...build({}), tail: tail.map((text) => ({ text, seq: null })) });
    expect(failure?.toReport('building').location).toMatchObject({ path: 'src/a.ts', seq: null });
  });

  test.each<[string, Change]>([
    ['the output names none', { tail: ['Error: something else'] }],
    ['the memory of the build ran out', { tail, oomKilled: true }],
    ['the disk of the build was full', { tail, diskFull: true }],
    ['the packager of the server failed', { tail, stage: 'server' }],
  ])('is unknown where %s', (_, change) => {
    expect(locationOf(change)).toBeNull();
  });
});

test('a failure shows nothing of the output that hides or turns around other text', () => {
  expect(told({ tail: ['Error: \u202egnp.exe\u0007'] })).toContain('Error: \u{FFFD}gnp.exe');
});

test('an entry that never begins is a fault of the image, not of the project', () => {
  expect(told({ stage: null, exitCode: 125, tail: ['appflux-build: no socket at /run/x'] })).toBe(
    'internal: The builder image did not start the build: appflux-build: no socket at /run/x',
  );
});

test.each([
  [
    'npm: no such package',
    [
      'npm error code E404',
      'npm error 404 Not Found - GET /left-padd',
      'npm error A complete log of this run can be found in: /x',
    ],
    '404 Not Found - GET /left-padd',
  ],
  [
    'npm: a dependency over SSH',
    [
      'npm error code 128',
      'npm error command git --no-replace-objects ls-remote ssh://git@code.test/x.git',
      'npm error AppFlux: builds cannot fetch over SSH. Use the https URL of the repository.',
      'npm error fatal: Could not read from remote repository.',
      'npm error Please make sure you have the correct access rights',
    ],
    'AppFlux: builds cannot fetch over SSH. Use the https URL of the repository.',
  ],
  [
    'npm: lockfile',
    [
      'npm error code EUSAGE',
      'npm error',
      'npm error Missing: preact@10.0.0 from lock file',
      'npm error',
      'npm error Clean install a project',
      'npm error Usage:',
      ...Array.from({ length: 90 }, (_, i) => `npm error   --option-${i} If set, missing: errors`),
      'npm error Run "npm help ci" for more info',
    ],
    'Missing: preact@10.0.0 from lock file',
  ],
  [
    'tsc under pnpm',
    ['src/a.ts(3,1): error TS2322: Type mismatch.', ' ELIFECYCLE  Command failed with exit code 2.'],
    'src/a.ts(3,1): error TS2322: Type mismatch.',
  ],
  ['esbuild', ['\u001b[31m✘ [ERROR] No loader\u001b[39m', '', '   ╵   ^^^'], '✘ [ERROR] No loader'],
  [
    'vite',
    [
      '✗ Build failed in 28ms',
      'error during build:',
      'Build failed with 1 error:',
      '',
      "[31m[UNRESOLVED_IMPORT] [0mCould not resolve './missing.js' in src/main.jsx"
        .replaceAll('[', '\u001b[')
        .replace('\u001b[UNR', '[UNR'),
      '   ╭─[ src/main.jsx:1:8 ]',
      " 1 │ import './missing.js';",
      '   │        ╰─ Module not found.',
      '    at build (file:///x.mjs:1:1) {',
      '  errors: [Getter/Setter]',
      '}',
    ],
    "[UNRESOLVED_IMPORT] Could not resolve './missing.js' in src/main.jsx",
  ],
  ['no complaint', ['just text', 'more text'], 'more text'],
  ['silence', ['', '   '], null],
  ['node', ['Error: boom', '    at main (a.js:1:1)', '', 'Node.js v24.21.0'], 'Error: boom'],
  [
    'yarn 1',
    [
      '$ vit build',
      '/bin/sh: 1: vit: not found',
      'error Command failed with exit code 127.',
      'info Visit https://example.org/docs for documentation about this command.',
    ],
    '/bin/sh: 1: vit: not found',
  ],
  [
    'bun',
    ['error: Cannot find module "x" from "/workspace/a.ts"', 'error: script "build" exited with code 1'],
    'error: Cannot find module "x" from "/workspace/a.ts"',
  ],
])('the telling line of %s', (_, lines, expected) => {
  expect(failureLine(lines)).toBe(expected);
});

test('a server that could not be packed fails in the words of its packager', () => {
  const tail = [
    'Error: from the build',
    'Packed the server: 1 module, 0 files beside it.',
    '\u001b[31mError: The server exports no handler: its main module exports x\u001b[0m',
    'What to do: Export an object with a fetch method as default.',
  ];
  const failure = verdict(build({ stage: 'server', tail }));
  expect(failure).toMatchObject({
    code: 'build_failed',
    message: 'The server exports no handler: its main module exports x',
    hint: 'Export an object with a fetch method as default.',
  });
});

test('a packager that could not explain itself still says that it was the packager', () => {
  expect(told({ stage: 'server', tail: ['Error: The packager failed: x is not a function'] })).toBe(
    'build_failed: The packager failed: x is not a function',
  );
  expect(told({ stage: 'server', tail: ['something'], exitCode: 2 })).toBe(
    'build_failed: The packager of the server ended with exit code 2',
  );
  expect(told({ stage: 'server', oomKilled: true })).toContain(
    'out_of_memory: The packager of the server was killed at the memory limit',
  );
  const outside = verdict(build({ tail: ['Error: x', 'What to do: Run this.'] }));
  expect(String(outside?.hint)).not.toContain('Run this');
});
