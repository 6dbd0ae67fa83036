/** Password guessing on a local instance, where only the client itself says where a request comes from. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';

const PASSWORD = 'correct horse battery';

let edge: EdgeInstance;
beforeAll(async () => {
  edge = await startInstance({ variables: { APPFLUX_SIGN_UP: 'open' } });
});
afterAll(() => edge?.stop());

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${edge.url}/auth/v1${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

it('ignores a client’s claims about its address, and does not slow down a known browser', async () => {
  const email = 'ada@example.com';
  const signedUp = await post('/signup', { email, password: PASSWORD });
  expect(signedUp.status).toBe(200);
  const cookie = signedUp.headers.get('Set-Cookie')?.split(';')[0] ?? '';
  expect(cookie).toMatch(/^appflux-device=/);

  const statuses: number[] = [];
  for (let n = 0; n < 12; n += 1) {
    const headers = { 'CF-Connecting-IP': `203.0.113.${n}`, 'X-Forwarded-For': `203.0.113.${n}` };
    const body = { email, password: `guess number ${n}` };
    statuses.push((await post('/token?grant_type=password', body, headers)).status);
  }
  expect(statuses).toEqual([...Array<number>(10).fill(400), 429, 429]);

  const right = { email, password: PASSWORD };
  const stranger = await post('/token?grant_type=password', right);
  expect(stranger.status).toBe(429);
  expect(Number(stranger.headers.get('Retry-After'))).toBeGreaterThan(0);
  expect((await post('/token?grant_type=password', right, { Cookie: cookie })).status).toBe(200);
});
