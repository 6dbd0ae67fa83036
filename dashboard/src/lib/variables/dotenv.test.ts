import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { looksLikeDotenv, parseDotenv } from './dotenv.ts';

const read = (text: string) =>
  Object.fromEntries(parseDotenv(text).variables.map(({ name, value }) => [name, value]));

describe('a .env file', () => {
  test.each([
    ['A=1\nB=2', { A: '1', B: '2' }],
    ['\ufeffA=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['export A=1', { A: '1' }],
    ['# note\n\n  A = spaced value  # why', { A: 'spaced value' }],
    ['A="with # hash" # why', { A: 'with # hash' }],
    ['A="one\\ntwo"', { A: 'one\ntwo' }],
    ["A='one\\ntwo'", { A: 'one\\ntwo' }],
    ['A="-----BEGIN\nKEY-----"\nB=2', { A: '-----BEGIN\nKEY-----', B: '2' }],
    ['A=`it\'s "quoted"`', { A: 'it\'s "quoted"' }],
    ['A=', { A: '' }],
    ['A=""', { A: '' }],
    ['A=1\nA=2', { A: '2' }],
    ['A=b=c', { A: 'b=c' }],
    ['URL=https://example.com/?a=1', { URL: 'https://example.com/?a=1' }],
    ['A="unclosed\nB=2', { A: '"unclosed', B: '2' }],
  ])('%j is parsed', (text, variables) => {
    expect(read(text)).toEqual(variables);
  });

  test.each([
    ['A="1"'],
    ["export B='x y' # c"],
    ['A=1 # c\nB = 2\nC="x\\ny"\n#D=3\nE=`q`'],
    ['KEY="line 1\nline 2"\nNEXT=1'],
    ['A=\nB=2'],
  ])('%j is parsed as by Node', (text) => {
    expect(read(text)).toEqual({ ...parseEnv(text) });
  });

  test('of plain assignments is parsed as by Node', () => {
    const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/);
    const value = fc.stringMatching(/^[A-Za-z0-9:/._=-]{0,12}$/);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, fc.constantFrom('', '"', "'"), value), { maxLength: 8 }),
        (rows) => {
          const text = rows.map(([key, quote, word]) => `${key}=${quote}${word}${quote}`).join('\n');
          expect(read(text)).toEqual({ ...parseEnv(text) });
        },
      ),
    );
  });

  test('has invalid lines reported', () => {
    const { variables, problems } = parseDotenv('A=1\nnonsense\n2B=3\nmy-key=4');
    expect(variables).toEqual([{ name: 'A', value: '1' }]);
    expect(problems.map(({ line }) => line)).toEqual([2, 3, 4]);
  });

  test('can’t pollute prototypes', () => {
    expect(read('__proto__=x\nconstructor=y')).toMatchObject({ constructor: 'y' });
    expect(parseDotenv('__proto__=x').variables).toEqual([{ name: '__proto__', value: 'x' }]);
  });
});

describe('pasted text', () => {
  test('is several variables if it has assignments, and a value otherwise', () => {
    expect(looksLikeDotenv('A=1')).toBe(true);
    expect(looksLikeDotenv('A=1\nB=2')).toBe(true);
    expect(looksLikeDotenv('just-a-secret')).toBe(false);
    expect(looksLikeDotenv('aGVsbG8=')).toBe(false);
    expect(looksLikeDotenv('https://example.com/?a=b')).toBe(false);
  });
});
