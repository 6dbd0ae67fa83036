import { expect, test } from 'vitest';
import { errorPlace, formatPlace } from './error-place.ts';

test.each([
  ["src/main.ts(12,5): error TS2304: Cannot find name 'x'.", 'src/main.ts:12:5'],
  ['✘ [ERROR] Expected ";" but found "}" (src/App.tsx:3:14)', 'src/App.tsx:3:14'],
  ['./app/page.tsx:7:1 Module not found', 'app/page.tsx:7:1'],
  ['e: file app/src/main/kotlin/Main.kt:4: unresolved reference', 'app/src/main/kotlin/Main.kt:4'],
  ['error[E0425]: cannot find value `x` (src/main.rs:2:5)', 'src/main.rs:2:5'],
  ['at packages/@acme/ui/button.vue:10:2 and src/b.ts:1:1', 'packages/@acme/ui/button.vue:10:2'],
])('%s names %s', (message, place) => {
  const found = errorPlace(message);
  expect(found && formatPlace(found)).toBe(place);
});

test.each([
  ['npm error code E404'],
  ['connect ECONNREFUSED 127.0.0.1:3000'],
  ['https://cdn.example.com/lib.js:443/x failed'],
  ['getaddrinfo ENOTFOUND registry.example.com:443'],
  ['Cannot find module src/main.ts'],
  ['src/main.ts:0'],
  ['src/main.tsfoo:12'],
  [''],
])('%s names none', (message) => expect(errorPlace(message)).toBeNull());

test('a long hostile line takes no time to speak of', () => {
  expect(errorPlace('a.'.repeat(1000))).toBeNull();
  expect(errorPlace('a.ts:'.repeat(400))).toBeNull();
});
