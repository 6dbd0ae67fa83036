import { expect, test } from 'vitest';
import { isRight } from './detection.ts';

const page = { files: { 'index.html': '<title>x</title>' } };

test('a fixture is right only if everything it says matches', async () => {
  expect(await isRight({ ...page, plan: { type: 'web', packageManager: null } })).toBe(true);
  expect(await isRight({ ...page, plan: { type: 'android' } })).toBe(false);
  expect(await isRight({ ...page, plan: { type: 'web' }, because: ['it rains'] })).toBe(false);
  expect(await isRight({ ...page, plan: { type: 'web' }, version: '9.9.9' })).toBe(false);
  expect(await isRight({ ...page, message: 'nothing' })).toBe(false);
  expect(await isRight({ files: {}, message: '' })).toBe(true);
  expect(await isRight({ files: {}, message: '', code: 'internal' })).toBe(false);
  expect(await isRight({ files: {}, plan: { type: 'web' } })).toBe(false);
});
