import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { asProblem, errorLines, isStackProblem, lastLines, messageOf, StackProblem } from './problem.ts';

test('a problem is one sentence: what is wrong, and what to do', () => {
  const problem = new StackProblem('port_taken', 'Port 80 is in use', 'set APPFLUX_PORT to a free one');
  expect(problem.sentence).toBe('Port 80 is in use: set APPFLUX_PORT to a free one');
  expect(isStackProblem(problem)).toBe(true);
  expect(isStackProblem(problem, 'port_taken')).toBe(true);
  expect(isStackProblem(problem, 'disk_full')).toBe(false);
  expect(isStackProblem(new Error(problem.sentence))).toBe(false);
});

test('a full disk is a problem, whatever was written', async () => {
  // Writing to it fails as on a full disk: full(4).
  const error = await writeFile('/dev/full', 'x').catch((thrown: unknown) => thrown);
  const problem = asProblem(error);
  expect(isStackProblem(problem, 'disk_full')).toBe(true);
  expect(messageOf(problem)).toBe('The disk is full (ENOSPC)');
  const named = Object.assign(new Error('EDQUOT'), { code: 'EDQUOT', path: '/state/state.json' });
  expect(messageOf(asProblem(named))).toBe('The disk of /state/state.json is full (EDQUOT)');
  for (const other of [
    new Error('ENOSPC'),
    Object.assign(new Error(), { code: 'ENOENT' }),
    'ENOSPC',
    problem,
  ])
    expect(asProblem(other)).toBe(other);
});

test('anything thrown has a message', () => {
  expect(messageOf(new Error('no'))).toBe('no');
  expect(messageOf('no')).toBe('no');
});

test('the last meaningful lines of a long output are quoted', () => {
  expect(lastLines('first\n\n  second  \r\n\nthird\n\n', 2)).toBe('second | third');
  expect(lastLines('')).toBe('');
  expect(lastLines(`${'x'.repeat(10_000)}\n  last`)).toBe(`${'x'.repeat(500)} | last`);
});

test('of a failed npm script, its own error is quoted without npm’s output', () => {
  const output = `
> @appflux/dashboard@0.1.0 build
> vite build

vite v8.0.1 building client environment for production...
transforming...
\u001b[31m✗\u001b[39m Build failed in 312ms
\u001b[31merror during build:
[vite-plugin-svelte] src/routes/+page.svelte:3:9 Unexpected token\u001b[39m
    at parse (file:///checkout/node_modules/svelte/src/compiler/index.js:1:1)
npm error Lifecycle script \`build\` failed with error:
npm error code 1
npm error path /checkout/dashboard
npm error workspace @appflux/dashboard@0.1.0
`;
  expect(errorLines(output)).toBe(
    '✗ Build failed in 312ms | error during build: | [vite-plugin-svelte] src/routes/+page.svelte:3:9 Unexpected token',
  );
});

test('of an output without an error, its last lines are quoted, npm’s own if there are no others', () => {
  expect(errorLines('one\ntwo\nnpm error code 1\nnpm warn x')).toBe('one | two');
  expect(errorLines('npm error Missing script: "build"')).toBe('npm error Missing script: "build"');
});
