import { expect, test } from 'vitest';
import { problemsOf } from './check.ts';
import { keyOf } from './message.ts';

const found = (...forms: [string] | [string, string]) => ({ forms, files: ['A.svelte'] });
const TEXTS = [found('Sign in'), found('{0} of {1}'), found('# file', '# files')];
const GOOD: [string, string[]][] = [
  ['Sign in', ['Anmelden']],
  ['{0} of {1}', ['{0} von {1}']],
  ['# file\n# files', ['# Datei', '# Dateien']],
];

test('a whole catalog has no problems', () => {
  expect(problemsOf(TEXTS, new Map(GOOD))).toEqual([]);
});

test.each([
  ['a new text', keyOf(['Sign in']), null, 'has no translation'],
  ['a text that is gone', 'Sign out', ['Abmelden'], 'is no text'],
  ['a place that is missing', '{0} of {1}', ['{0} von'], 'other places'],
  ['an element that isn’t closed', 'Sign in', ['<0>Anmelden'], 'other places'],
  ['a form that is missing', '# file\n# files', ['# Datei'], 'needs 2 forms'],
])('%s is a problem', (_title, key, value, problem) => {
  const catalog = new Map(GOOD);
  if (value === null) catalog.delete(key);
  else catalog.set(key, value);
  const problems = problemsOf(TEXTS, catalog);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(problem);
});
