import { expect, test } from 'vitest';
import { KeyReader, PAGE_KEYS, type Press } from './keys.ts';

const press = (key: string, more: Partial<Press> = {}): Press => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  repeat: false,
  isComposing: false,
  ...more,
});
const free = { typing: false, single: true, now: 0 };

test.each([
  [press('k', { ctrlKey: true }), { kind: 'palette' }],
  [press('K', { metaKey: true }), { kind: 'palette' }],
  [press('?'), { kind: 'help' }],
  [press('/'), { kind: 'search' }],
  [press('n'), { kind: 'goTo', path: '/new' }],
])('%o', (pressed, action) => {
  expect(new KeyReader().read(pressed, free)).toEqual(action);
});

test.each(Object.entries(PAGE_KEYS))('g, then %s goes to %s', (key, path) => {
  const reader = new KeyReader();
  expect(reader.read(press('g'), free)).toBeNull();
  expect(reader.read(press(key), { ...free, now: 1500 })).toEqual({ kind: 'goTo', path });
});

test.each([
  press('k'),
  press('a'),
  press('Enter'),
  press('Shift'),
  press('n', { altKey: true }),
  press('n', { repeat: true }),
  press('n', { ctrlKey: true }),
  press('k', { ctrlKey: true, altKey: true }),
  press('k', { ctrlKey: true, isComposing: true }),
  press('toString'),
])('%o alone does nothing', (pressed) => {
  expect(new KeyReader().read(pressed, free)).toBeNull();
});

test('a sequence ends with its second key, with any other one, and after a while', () => {
  const reader = new KeyReader();
  reader.read(press('g'), free);
  reader.read(press('x'), free);
  expect(reader.read(press('a'), free)).toBeNull();
  reader.read(press('g'), free);
  expect(reader.read(press('a'), { ...free, now: 1501 })).toBeNull();
  reader.read(press('g'), free);
  reader.read(press('a'), free);
  expect(reader.read(press('d'), free)).toBeNull();
});

test('in a field, and where single keys are switched off, only the palette opens', () => {
  for (const where of [
    { ...free, typing: true },
    { ...free, single: false },
  ]) {
    const reader = new KeyReader();
    for (const key of ['g', 'a', 'n', '?', '/']) expect(reader.read(press(key), where)).toBeNull();
    expect(reader.read(press('k', { ctrlKey: true }), where)).toEqual({ kind: 'palette' });
  }
});
