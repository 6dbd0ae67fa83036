import { expect, test } from 'vitest';
import { TOKEN_PREFIX } from '../token-prefix.ts';
import { hashToken, makeToken } from './tokens.ts';

test.each(Object.entries(TOKEN_PREFIX))(
  'a token for %s begins with %s and has 256 random bits',
  (kind, prefix) => {
    const tokens = Array.from({ length: 100 }, () => makeToken(kind as keyof typeof TOKEN_PREFIX));
    expect(new Set(tokens).size).toBe(100);
    for (const token of tokens) {
      expect(token.startsWith(prefix)).toBe(true);
      expect(token.slice(prefix.length)).toMatch(/^[\w-]{43}$/);
    }
  },
);

test('a hash is the SHA-256 in hex (FIPS 180-2, appendix B.1)', async () => {
  expect(await hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
