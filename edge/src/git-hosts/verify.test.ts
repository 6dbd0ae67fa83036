import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { afterPrefix, isHmacOf, isTokenOf } from './verify.ts';

const body = new TextEncoder().encode('{"zen":"Keep it logically awesome."}');
const hmac = (secret: string, of: Uint8Array = body) => createHmac('sha256', secret).update(of).digest('hex');

describe('the signature of a webhook', () => {
  it('is accepted from any of several secrets', () => {
    for (const secret of ['old', 'new']) expect(isHmacOf(hmac(secret), body, ['old', 'new'])).toBe(true);
  });

  it('is refused from another secret, over other bytes, and without secrets', () => {
    expect(isHmacOf(hmac('other'), body, ['old', 'new'])).toBe(false);
    expect(isHmacOf(hmac('old', new Uint8Array([...body, 10])), body, ['old'])).toBe(false);
    expect(isHmacOf(hmac('old'), body, [])).toBe(false);
    // An empty secret would let anyone sign.
    expect(isHmacOf(createHmac('sha256', '').update(body).digest('hex'), body, [''])).toBe(false);
  });

  it('has exactly 64 digits in lower case', () => {
    const right = hmac('old');
    for (const wrong of [
      null,
      '',
      'x',
      right.slice(1),
      `${right}0`,
      right.toUpperCase(),
      ` ${right}`,
      `${right}\n`,
    ])
      expect(isHmacOf(wrong, body, ['old']), JSON.stringify(wrong)).toBe(false);
  });

  it('needs the prefix, once and in lower case', () => {
    expect(afterPrefix('sha256=ab')).toBe('ab');
    for (const wrong of [null, '', 'ab', 'SHA256=ab', ' sha256=ab', 'sha1=ab'])
      expect(afterPrefix(wrong)).toBe(null);
    expect(isHmacOf(afterPrefix(`sha256=sha256=${hmac('old')}`), body, ['old'])).toBe(false);
  });
});

describe('the token of a webhook', () => {
  it('is one of the secrets, whole', () => {
    expect(isTokenOf('new', ['old', 'new'])).toBe(true);
    for (const wrong of [null, '', 'ne', 'new ', 'NEW', 'other'])
      expect(isTokenOf(wrong, ['old', 'new', ''])).toBe(false);
  });
});
