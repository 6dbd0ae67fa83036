import { describe, expect, test } from 'vitest';
import { partsOf, placesOf } from './message.ts';

test('a text has values, and elements with text of their own', () => {
  expect(partsOf('At {0} <1>see <0/></1>.')).toEqual([
    { type: 'text', text: 'At ' },
    { type: 'value', index: 0 },
    { type: 'text', text: ' ' },
    {
      type: 'element',
      index: 1,
      parts: [
        { type: 'text', text: 'see ' },
        { type: 'element', index: 0, parts: [] },
      ],
    },
    { type: 'text', text: '.' },
  ]);
});

test.each(['{a}', '{}', '{0', '< 0>', '<a>', '1 < 2 > 0', '{ 0 }', '<0 />'])('%s is text', (text) => {
  expect(partsOf(text)).toEqual([{ type: 'text', text }]);
});

test.each(['<0>a', 'a</0>', '<0>a</1>', '<0><1>a</0></1>'])('%s is an error', (text) => {
  expect(() => partsOf(text)).toThrow(/closes? element/);
});

describe('places', () => {
  test.each([
    ['{0} of {1}', 'von {1} sind es {0}'],
    ['<0>{0}</0> {0}', '{0} <0>hat {0}</0>'],
    ['# file', '# Datei'],
    ['none', 'keine'],
  ])('%s and %s have the same', (text, translation) => {
    expect(placesOf(translation)).toEqual(placesOf(text));
  });

  test.each([
    ['{0}', ''],
    ['{0}', '{1}'],
    ['{0}', '{0} {0}'],
    ['# file', 'Datei'],
    ['<0/>', '<0>a</0>'],
    ['<0>{0}</0>', '<0>a</0> {0}'],
    ['<0>a</0>', '<1>a</1>'],
  ])('%s and %s have others', (text, translation) => {
    expect(placesOf(translation)).not.toEqual(placesOf(text));
  });
});
