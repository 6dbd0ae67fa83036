import { describe, expect, test } from 'vitest';
import { maskWith } from './mask.ts';
import { Secrets } from './secrets.ts';
import { changed, joined, own, say, shortened } from './sentence.ts';

const mask = maskWith(new Secrets(['build', 'hunter2-secret', '1234', 'Building']));

describe('a sentence', () => {
  test('keeps its own words, and masks what it quotes', () => {
    const command = 'npm run build --key=hunter2-secret';
    expect(mask(say`The build command (${command}) ended with exit code ${1234}`)).toBe(
      'The build command (npm run *** --key=***) ended with exit code 1234',
    );
    expect(mask(say`${own('Building')} done in ${own('1234 s')}.`)).toBe('Building done in 1234 s.');
  });

  test('that is a plain string is quoted as a whole', () => {
    expect(mask('the build of hunter2-secret')).toBe('the *** of ***');
    expect(mask(say`${'the build'}: build`)).toBe('the ***: build');
  });

  test('masks a secret that two quotations make together', () => {
    expect(mask(say`key: ${'hunter2'}${'-secret'}`)).toBe('key: ***');
    expect(mask(joined(['hunter2', '-secret'], ''))).toBe('key: ***'.slice(5));
  });

  test('can hold others, keeps all words in order, and shows as plain text', () => {
    const inner = say`build ${'build'}`;
    const outer = say`<${inner}> <${joined([inner, 'x', say`build`], ', ')}>`;
    expect(String(outer)).toBe('<build build> <build build, x, build>');
    expect(mask(outer)).toBe('<build ***> <build ***, x, build>');
    expect(mask(changed(outer, (part) => part.toUpperCase()))).toBe('<BUILD BUILD> <BUILD BUILD, X, BUILD>');
  });

  test('that is shortened leaves no part of a secret at its end', () => {
    expect(mask(shortened(say`The build of ${'hunter2-secret'}`, 22))).toBe('The build of ***…');
    expect(mask(shortened(say`The build of ${'hunter2-secret'}`, 11))).toBe('The build …');
    expect(mask(shortened(say`The build of ${'hunter2-secret'}`, 27))).toBe('The build of ***');
  });
});
