import { beforeEach, expect, inject, test } from 'vitest';
import { API_TOKEN, ZONE } from '../../../vitest.domains.ts';
import { customHostnames, HostnamesError } from './custom-hostnames.ts';
import { changeHostname, hostnameAt, nextCalls } from './testing/dns.ts';

const api = (token = API_TOKEN) => customHostnames({ api: inject('domains'), zone: ZONE, token });
const newHost = () => `www.${crypto.randomUUID()}.example`;

beforeEach(() => nextCalls());

async function refusal(call: Promise<unknown>): Promise<HostnamesError> {
  const error = await call.then(
    () => null,
    (caught: unknown) => caught,
  );
  if (!(error instanceof HostnamesError)) throw new Error(`not refused: ${error}`);
  return error;
}

test('a host is added, validated and active', async () => {
  const host = newHost();
  const added = await api().add(host);
  expect(added).toMatchObject({
    state: 'pending',
    records: [{ type: 'TXT', name: `_cf-custom-hostname.${host}` }],
  });
  await changeHostname(host, {
    ssl: { status: 'pending_validation', validation_records: [{ txt_name: '_acme', txt_value: 'v' }] },
  });
  expect((await api().get(added.id))?.records).toContainEqual({ type: 'TXT', name: '_acme', value: 'v' });
  await changeHostname(host, { status: 'active', ssl: { status: 'pending_deployment' } });
  expect(await api().get(added.id)).toMatchObject({ state: 'pending' });
  await changeHostname(host, { ssl: { status: 'active' } });
  expect(await api().get(added.id)).toEqual({ id: added.id, state: 'active', reason: null, records: [] });
});

test('a host whose answer was lost is found again, and no other one', async () => {
  const host = newHost();
  await api().add(`sub.${host}`);
  await nextCalls('lost');
  expect((await refusal(api().add(host))).later).toBe(true);
  expect((await api().add(host)).id).toBe((await hostnameAt(host))?.id);
});

test.each([
  ['blocked', 'refused', /blocked/],
  ['moved', 'pending', /no longer lead/],
  ['test_active', 'pending', null],
  ['pending_deletion', 'refused', /pending_deletion/],
])('a hostname that is %s is %s', async (status, state, reason) => {
  const host = newHost();
  const { id } = await api().add(host);
  await changeHostname(host, { status, ssl: { status: 'active' } });
  expect(await api().get(id)).toMatchObject({
    state,
    reason: reason === null ? null : expect.stringMatching(reason),
  });
});

test('what keeps a certificate away is said', async () => {
  const host = newHost();
  const { id } = await api().add(host);
  await changeHostname(host, {
    verification_errors: ['custom hostname does not CNAME to this zone.'],
    ssl: { status: 'validation_timed_out', validation_errors: [{ message: 'caa_error: example' }] },
  });
  expect((await api().get(id))?.reason).toBe(
    'custom hostname does not CNAME to this zone.; caa_error: example',
  );
});

test('what is gone is null, and may be removed again', async () => {
  const { id } = await api().add(newHost());
  await api().remove(id);
  await api().remove(id);
  expect(await api().get(id)).toBeNull();
});

test('a refusal says what it is, without the token, and whether to try again', async () => {
  expect(await refusal(api('another').add(newHost()))).toMatchObject({
    later: false,
    message: /Unauthorized/,
  });
  const body = JSON.stringify({ success: false, errors: [{ code: 1, message: `bad ${API_TOKEN}` }] });
  await nextCalls({ status: 400, body });
  const refused = await refusal(api().add(newHost()));
  expect(refused.later).toBe(false);
  expect(refused.message).toContain('bad ***');
});

test.each([
  ['too many requests', { status: 429, headers: { 'Retry-After': '120' }, body: '{}' }, 120],
  ['a fault', { status: 503, body: '<html>' }, null],
  ['a page in the place of JSON', { status: 200, body: '<html>' }, null],
  ['a hostname of another form', { status: 200, body: '{"success":true,"result":{"id":7}}' }, null],
] as const)('%s may pass', async (_title, fault, retryAfterSeconds) => {
  await nextCalls(fault);
  expect(await refusal(api().add(newHost()))).toMatchObject({ later: true, retryAfterSeconds });
});
