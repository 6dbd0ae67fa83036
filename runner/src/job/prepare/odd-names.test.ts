import { expect, test } from 'vitest';
import { OddNames } from './odd-names.ts';

const warnings = (folders: Readonly<Record<string, readonly string[]>>): string[] => {
  const odd = new OddNames();
  for (const [folder, names] of Object.entries(folders)) odd.add(folder, names);
  return odd.warnings().map(String);
};

test.each([
  [['API.md', 'api.md'], 'docs/api.md'],
  [['caf\u00e9', 'cafe\u0301'], 'docs/cafe\u0301'],
  [['Stra\u00dfe', 'STRASSE'], 'docs/STRASSE'],
])('%j are one file on other systems', (names, twin) => {
  expect(warnings({ docs: names })).toEqual([expect.stringContaining(`names: "${twin}".`)]);
});

test.each(['aux.js', 'CON', 'nul', 'com1.tar.gz', 'LPT9.txt', 'prn'])('%s is a device on Windows', (name) => {
  expect(warnings({ '': [name] })).toEqual([expect.stringContaining(`created: "${name}".`)]);
});

test('ordinary names are not spoken of', () => {
  const names = [
    'auxiliary.js',
    'console',
    'null',
    'com10',
    'com',
    'lpt',
    'my.aux',
    'a',
    'b',
    'a\u{FFFD}',
    'A\u{FFFD}',
  ];
  expect(warnings({ '': names, a: ['index.js'], b: ['Index.js'] })).toEqual([]);
});

test('of many, a few are named', () => {
  const names = Array.from({ length: 500 }, (_, index) => [`f${index}`, `F${index}`]).flat();
  const [line = ''] = warnings({ '': names });
  expect(line.length).toBeLessThan(300);
  expect(line).toContain('more');
});
