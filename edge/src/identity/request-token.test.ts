import { expect, test, vi } from 'vitest';
import { hashToken } from '../secrets/tokens.ts';
import { hashOf, tokenOf } from './request-token.ts';

const requestWith = (headers: Record<string, string>) =>
  new Request('https://flux.example.com/api', { headers });

test('the token is that of the header, or of the subprotocol that a browser offers', () => {
  expect(tokenOf(requestWith({ Authorization: 'bearer  afx_one ' }))).toBe('afx_one');
  expect(tokenOf(requestWith({ Authorization: 'Basic afx_one' }))).toBeNull();
  expect(tokenOf(requestWith({}))).toBeNull();
});

test('a token is hashed once for each request, and never taken for another one', async () => {
  const digest = vi.spyOn(crypto.subtle, 'digest');
  const [first, second] = [requestWith({}), requestWith({})];
  const hashed = await Promise.all([hashOf(first, 'one'), hashOf(first, 'one'), hashOf(second, 'two')]);
  expect(digest).toHaveBeenCalledTimes(2);
  expect(await hashOf(first, 'two')).toBe(hashed[2]);
  expect(await hashOf(first, 'one')).toBe(hashed[0]);
  digest.mockRestore();
  expect(hashed[0]).toBe(await hashToken('one'));
  expect(hashed[0]).not.toBe(hashed[2]);
});
