import { expect, test } from 'vitest';
import { request } from '../testing.ts';

test('any address that is nobody else’s answers with the dashboard, or plainly says that there is none', async () => {
  for (const path of ['/', '/sign-in', '/apps/some-app']) {
    const response = await request(path);
    expect(response.status).not.toBe(500);
    expect(response.headers.get('X-Frame-Options')).toBe('DENY');
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
  }
});

test('an address below /api that does not exist answers as the API does', async () => {
  const response = await request('/api/nothing');
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ error: { code: 'not_found', hint: expect.any(String) } });
});
