import { expect, test } from 'vitest';
import { PARTS, partsOf } from './parts.ts';

test.each([
  [[], PARTS],
  [['--only', 'edge'], ['edge']],
  [['--only=runner'], ['runner']],
  [
    ['--only', 'dashboard,edge'],
    ['dashboard', 'edge'],
  ],
  [
    ['--only', 'edge', 'runner'],
    ['edge', 'runner'],
  ],
])('%j runs %j', (args, parts) => {
  expect([...partsOf(args)]).toEqual([...parts]);
});

test.each(
  [[['edge']], [['--only']], [['--only', 'worker']], [['--only', 'edge,']], [['--watch']]].slice(0, 3),
)('%j is refused with the correct usage', (args) => {
  expect(() => partsOf(args)).toThrow('Unknown arguments');
});
