import { expect, test } from 'vitest';
import { announcerStyle } from './announcer-style.ts';

test('the announcer has one style attribute, which the policy can allow by its hash', () => {
  expect(announcerStyle()).toMatch(/^sha256-[\w+/]{43}=$/);
});
