import { RUNTIME_LIMITS, utf8Bytes } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { clean, cut } from './line-text.ts';
import { MASK, Mask } from './mask.ts';

const SECRET = 'hunter2-correct/horse+battery "ü"';
const mask = new Mask([SECRET, 'true', '3000', '', 'second-secret']);
const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

test.each([
  ['as it is', SECRET],
  ['in JSON', JSON.stringify({ v: SECRET })],
  ['in JSON in JSON', JSON.stringify(JSON.stringify({ v: SECRET }))],
  ['in a URL', encodeURIComponent(SECRET)],
  ['in a form', new URLSearchParams({ v: SECRET }).toString()],
  ['in base64', base64(SECRET)],
  ['in base64 after one byte', base64(`:${SECRET}`)],
  ['in base64 after two bytes', base64(`u:${SECRET}:more`)],
  ['in base64 of URLs', base64(SECRET).replaceAll('+', '-').replaceAll('/', '_')],
  ['with a color in it', `hunter2-\u001b[31mcorrect/horse+battery "ü"\u001b[0m`],
])('a value %s is hidden', (_, written) => {
  const shown = mask.line(`before ${written} after`);
  expect(shown).toContain(MASK);
  expect(shown).not.toContain('horse');
  expect(shown).not.toContain(base64(SECRET).slice(4, 30));
});

test('what is no value stays as it is', () => {
  for (const text of ['true at port 3000', 'hunter2', 'horse+battery', '{"a":1}', 'second secret', MASK])
    expect(mask.line(text)).toBe(text);
});

test('a value of several lines is hidden line by line', () => {
  const key = `-----BEGIN KEY-----\n${'A1b2C3d4'.repeat(6)}\n${'zYxWvU98'.repeat(6)}\n-----END KEY-----\n`;
  const shown = new Mask([key]).line(`line ${'zYxWvU98'.repeat(6)} of it\n${key}`);
  expect(shown).not.toMatch(/A1b2|zYxW/);
});

test('no part of a value comes through where a long line is cut, wherever it is in it', () => {
  const long = `secret-${'0123456789abcdef'.repeat(600)}`;
  const hiding = new Mask([long]);
  for (const before of [0, 100, 8_180, 30_000, 60_000, 65_530]) {
    const shown = hiding.line(`${'x'.repeat(before)}${long}${long}${'y'.repeat(10_000)}`);
    expect(shown).not.toContain('0123456789abcdef');
    expect(utf8Bytes(shown)).toBeLessThanOrEqual(RUNTIME_LIMITS.lineBytes);
  }
});

test('values that nearly occur everywhere hold up nobody', () => {
  // Naively, all of a value is compared at each place of a line: minutes of the process of all servers.
  const nearly = Array.from({ length: 200 }, (_, n) => {
    const [letter, unit] = [String.fromCharCode(98 + (n % 20)), n % 2 === 0 ? 'a' : '€'];
    return `${unit.repeat(800)}${letter}${unit.repeat(800 + n)}`;
  });
  const hiding = new Mask(nearly);
  for (const unit of ['a', '€', encodeURIComponent('€')])
    for (let n = 0; n < 10; n += 1) expect(hiding.line(unit.repeat(65_000)).length).toBeLessThan(2_000);
  for (const value of nearly) expect(hiding.line(`x ${value} x`)).not.toMatch(/[a-u€]{900}/);
});

test('a long value is hidden as often as it occurs, and what only begins like it is not', () => {
  const long = `begins-${'0123456789abcdef'.repeat(20)}-ends`;
  const similar = long.replace('-ends', '-differs');
  const hiding = new Mask([long]);
  expect(hiding.line(`${long}${long}, ${similar}, ${long}`)).toBe(`${MASK}${MASK}, ${similar}, ${MASK}`);
  // Too many of them, and the rest of the line is hidden.
  const shown = hiding.line(`${`${similar},`.repeat(50)}${long}`);
  expect(shown).toBe(MASK);
});

test('a line of 10 MB is cut to 8 KB, and says so', () => {
  const shown = mask.line('ü'.repeat(5_000_000));
  expect(utf8Bytes(shown)).toBeLessThanOrEqual(RUNTIME_LIMITS.lineBytes);
  expect(utf8Bytes(shown)).toBeGreaterThan(RUNTIME_LIMITS.lineBytes - 8);
  expect(shown).toMatch(/^ü+…$/);
});

test.each([
  ['colors', 'a\u001b[1;31mred\u001b[0m', 'ared'],
  ['a window title', 'a\u001b]0;title\u0007b', 'ab'],
  ['a title that does not end', 'a\u001b]0;title\nb', 'a\nb'],
  ['NUL and backspaces', 'a\u0000\b\bb', 'a\ufffd\ufffd\ufffdb'],
  ['reversed text', 'a\u202eb', 'a\ufffdb'],
  ['a half of a pair', 'a\ud800b', 'a\ufffdb'],
  ['lines of Windows', 'a\r\nb\rc', 'a\nb\ufffdc'],
])('%s can’t control a terminal', (_, raw, shown) => {
  expect(clean(raw)).toBe(shown);
});

test('tabs, lines, emoji and right-to-left words stay', () => {
  const text = '\ta\n👩‍👩‍👧 שלום\n';
  expect(clean(text)).toBe(text);
});

test('a text is cut between characters', () => {
  expect(cut('€'.repeat(10), 30)).toBe('€'.repeat(10));
  expect(cut('€'.repeat(11), 30)).toBe(`${'€'.repeat(9)}…`);
  expect(cut('😀'.repeat(10), 12)).toBe('😀😀…');
});
