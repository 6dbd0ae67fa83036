/** Signing in on a device: what the command line, the page and an attacker can do. */
import { env } from 'cloudflare:workers';
import type { ApprovedDevice, DeviceCode, DeviceRequest, DeviceToken, ErrorBody } from '@appflux/protocol';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { founder, memberOf, type SignedIn, somebody } from '../testing/people.ts';
import { forgetAll, request, requestWith } from '../testing/worker.ts';

let owner: SignedIn;
let developer: SignedIn;
let viewer: SignedIn;

beforeAll(async () => {
  await forgetAll();
  owner = await founder();
  developer = await memberOf(owner.user.id, 'developer');
  viewer = await memberOf(owner.user.id, 'viewer');
});

afterAll(() => {
  vi.useRealTimers();
});

const post = (path: string, json: unknown, token?: string) =>
  request(path, { method: 'POST', json, ...(token !== undefined && { token }) });

async function start(client = 'laptop'): Promise<DeviceCode> {
  const response = await post('/api/device/code', { client });
  expect(response.status).toBe(200);
  return response.json<DeviceCode>();
}

/** Asks for the token, later than the last time by at least the interval. */
async function poll(codes: DeviceCode) {
  const later = Date.now() + codes.interval * 1000;
  vi.setSystemTime(later);
  const response = await post('/api/device/token', { device_code: codes.device_code });
  return { status: response.status, body: await response.json<{ error?: string } & Partial<DeviceToken>>() };
}

const errorOf = async (response: Response) => (await response.json<ErrorBody>()).error.code;

const auditOf = async () =>
  (await metadataOf(env).audit.list(owner.user.id, { limit: 100 })).items.map(
    ({ actor, action, target }) => `${actor.name}: ${action} ${target?.name}`,
  );

describe('a device', () => {
  test('gets a token with the permissions of who approved it, once', async () => {
    const codes = await start();
    expect(codes).toMatchObject({
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: `${env.PUBLIC_URL}/device`,
      verification_uri_complete: `${env.PUBLIC_URL}/device?code=${codes.user_code}`,
      expires_in: 900,
      interval: 5,
    });
    expect(await poll(codes)).toMatchObject({ status: 400, body: { error: 'authorization_pending' } });

    const typed = codes.user_code.toLowerCase().replace('-', ' ');
    const asked = await request(`/api/device/${encodeURIComponent(typed)}`, { token: developer.token });
    expect(await asked.json<DeviceRequest>()).toMatchObject({ userCode: codes.user_code, client: 'laptop' });
    const approved = await post(
      '/api/device/approve',
      { userCode: typed, expiresInDays: 7 },
      developer.token,
    );
    expect(approved.status).toBe(200);
    expect(await approved.json<ApprovedDevice>()).toMatchObject({
      name: 'CLI on laptop',
      scopes: ['apps:read', 'variables:write', 'deployments:write'],
    });

    const { status, body } = await poll(codes);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      token_type: 'Bearer',
      scope: 'apps:read variables:write deployments:write',
    });
    expect(body.expires_in).toBeGreaterThan(6.9 * 86_400);
    expect(body.expires_in).toBeLessThanOrEqual(7 * 86_400);
    const token = body.access_token ?? '';
    expect((await request('/api/apps', { token })).status).toBe(200);
    expect((await request('/api/members', { token })).status).toBe(403);

    expect(await poll(codes)).toMatchObject({ status: 400, body: { error: 'expired_token' } });
    expect((await auditOf()).slice(0, 2)).toEqual([
      `${developer.user.email}: token.create CLI on laptop`,
      `${developer.user.email}: device.approve CLI on laptop`,
    ]);

    // It signs itself out, although developers' tokens can't see those of others.
    const others = await post('/api/tokens', { name: 'ci', scopes: ['apps:read'] }, owner.token);
    const { id: other } = await others.json<{ id: string }>();
    expect((await request(`/api/tokens/${other}`, { method: 'DELETE', token })).status).toBe(403);
    expect((await request(`/api/tokens/${body.token_id}`, { method: 'DELETE', token })).status).toBe(204);
    expect((await request('/api/apps', { token })).status).toBe(401);
  });

  test('of a viewer reads only', async () => {
    const codes = await start();
    await post('/api/device/approve', { userCode: codes.user_code }, viewer.token);
    expect((await poll(codes)).body.scope).toBe('apps:read deployments:read');
  });

  test('that was denied gets nothing', async () => {
    const codes = await start('phone');
    expect((await post('/api/device/deny', { userCode: codes.user_code }, viewer.token)).status).toBe(204);
    expect(await poll(codes)).toMatchObject({ status: 400, body: { error: 'access_denied' } });
    expect(await poll(codes)).toMatchObject({ status: 400, body: { error: 'expired_token' } });
    // Time stands still here: entries of the same moment have no order.
    expect(await auditOf()).toContain(`${viewer.user.email}: device.deny CLI on phone`);
    const late = await post('/api/device/approve', { userCode: codes.user_code }, owner.token);
    expect(await errorOf(late)).toBe('not_found');
  });

  test('that asks too often has to slow down, and gets its token nevertheless', async () => {
    const codes = await start();
    await poll(codes);
    await post('/api/device/approve', { userCode: codes.user_code }, owner.token);
    const hasty = await post('/api/device/token', { device_code: codes.device_code });
    expect(await hasty.json()).toMatchObject({ error: 'slow_down' });
    expect((await poll(codes)).body.scope).toBe('admin');
  });

  test('is forgotten after fifteen minutes', async () => {
    const codes = await start();
    vi.setSystemTime(Date.now() + 15 * 60_000 + 1);
    expect(await poll(codes)).toMatchObject({ body: { error: 'expired_token' } });
    const late = await post('/api/device/approve', { userCode: codes.user_code }, owner.token);
    expect(await errorOf(late)).toBe('not_found');
  });

  test('gets nothing for somebody who left the team before it asked', async () => {
    const leaver = await memberOf(owner.user.id, 'developer');
    const codes = await start();
    await post('/api/device/approve', { userCode: codes.user_code }, leaver.token);
    const left = await request('/api/me/membership', { method: 'DELETE', token: leaver.token });
    expect(left.status).toBe(204);
    expect(await poll(codes)).toMatchObject({ body: { error: 'authorization_pending' } });
  });

  test('has a name that cannot change what a page shows', async () => {
    const codes = await start('lap\u202etop\u0000\n<b>');
    const asked = await request(`/api/device/${codes.user_code}`, { token: owner.token });
    expect((await asked.json<DeviceRequest>()).client).toBe('lap\u{fffd}top\u{fffd}\u{fffd}<b>');
  });
});

describe('a decision', () => {
  test.each(['/api/device/approve', '/api/device/deny'])('by %s is a person’s', async (path) => {
    const made = await post('/api/tokens', { name: 'ci', scopes: ['admin'] }, owner.token);
    const { token } = await made.json<{ token: string }>();
    const { user_code: userCode } = await start();
    expect((await post(path, { userCode })).status).toBe(401);
    expect((await post(path, { userCode }, token)).status).toBe(403);
    expect((await request(`/api/device/${userCode}`, { token })).status).toBe(401);
  });

  test('is made once, by the first who makes it', async () => {
    const { user_code: userCode } = await start();
    const both = await Promise.all(
      [owner, developer].map(({ token }) => post('/api/device/approve', { userCode }, token)),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 404]);
  });

  test.each(['', 'WDJB', 'WDJBMJHTX', 'AEIOUAEI', '1234-5678'])('about "%s" is refused', async (userCode) => {
    expect((await post('/api/device/approve', { userCode }, owner.token)).status).toBe(400);
  });
});

describe('codes', () => {
  test('of others can’t be guessed: a person gets ten tries, and right ones give no more', async () => {
    const guesser = await somebody();
    const guess = async (code: string) =>
      (await request(`/api/device/${code}`, { token: guesser.token })).status;
    const { user_code: own } = await start();
    const seen: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      seen.push(await guess(`BBBB-BBB${'BCDFGH'.charAt(n)}`));
      seen.push(await guess(own));
    }
    expect(seen.filter((status) => status === 404)).toHaveLength(6);
    for (let n = 0; n < 4; n += 1) expect(await guess(`CCCC-BBB${'BCDFGH'.charAt(n)}`)).toBe(404);
    expect(await guess('DDDD-BBBB')).toBe(429);
    // A right one has to wait as well, or the refusal would tell which are right.
    expect(await guess(own)).toBe(429);
    // Nobody else has to.
    const { user_code: other } = await start();
    expect((await request(`/api/device/${other}`, { token: owner.token })).status).toBe(200);
  });

  test('are requested a limited number of times from an address', async () => {
    const from = (address: string) =>
      requestWith({ CLIENT_ADDRESS_HEADER: 'X-Test-Address' }, '/api/device/code', {
        method: 'POST',
        json: { client: 'flood' },
        headers: { 'X-Test-Address': address },
      });
    for (let n = 0; n < 20; n += 1) expect((await from('192.0.2.1')).status).toBe(200);
    const refused = await from('192.0.2.1');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect((await from('192.0.2.2')).status).toBe(200);
  });

  test('differ', async () => {
    const codes = await Promise.all(Array.from({ length: 20 }, () => start()));
    expect(new Set(codes.map(({ user_code }) => user_code)).size).toBe(20);
    expect(new Set(codes.map(({ device_code }) => device_code)).size).toBe(20);
  });
});
