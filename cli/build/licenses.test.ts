import { expect, test } from 'vitest';
import { packageFolder } from './licenses.ts';

test.each([
  ['../node_modules/commander/lib/command.js', '../node_modules/commander'],
  ['../node_modules/@clack/core/dist/index.mjs', '../node_modules/@clack/core'],
  ['../node_modules/a/node_modules/b/index.js', '../node_modules/a/node_modules/b'],
  ['src/cli.ts', null],
  ['../client/src/index.ts', null],
])('%s belongs to %s', (file, expected) => expect(packageFolder(file)).toBe(expected));
