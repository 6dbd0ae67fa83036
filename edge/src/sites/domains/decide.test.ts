import { expect, test } from 'vitest';
import type { DomainRecord } from '../../metadata/domains.ts';
import type { HostnameState } from './custom-hostnames.ts';
import { decide, type Findings, GIVE_UP_AFTER_MS, pauseAfter } from './decide.ts';

const NOW = Date.parse('2026-11-20T10:00:00.000Z');
const ago = (ms: number) => new Date(NOW - ms).toISOString();
const DAY = 86_400_000;

const domain = (more: Partial<DomainRecord> = {}): DomainRecord => ({
  host: 'www.shop.example',
  appId: 'a',
  ownerId: 'o',
  redirectTo: null,
  status: 'pending',
  error: null,
  hostnameId: null,
  hostnameRecords: [],
  pendingSince: ago(60_000),
  checkedAt: null,
  nextCheckAt: null,
  createdAt: ago(60_000),
  ...more,
});
const found = (more: Partial<Findings> = {}): Findings => ({
  proven: true,
  hostname: 'unneeded',
  problem: null,
  waitMs: 0,
  ...more,
});
const PENDING: HostnameState = { id: 'h', state: 'pending', reason: null, records: [] };

test('a proven domain is active, and is checked once a day from then on', () => {
  expect(decide(domain(), found(), NOW)).toEqual({
    status: 'active',
    error: null,
    pendingSince: null,
    checkedAt: ago(0),
    nextCheckAt: ago(-DAY),
  });
});

test('where Cloudflare issues the certificates, it is active when both are', () => {
  const waiting = decide(domain(), found({ hostname: PENDING }), NOW);
  expect(waiting).toMatchObject({ status: 'pending', hostnameId: 'h', error: /certificate/ });
  const active = { ...PENDING, state: 'active' as const };
  expect(decide(domain(), found({ hostname: active }), NOW)).toMatchObject({
    status: 'active',
    hostnameId: 'h',
  });
  expect(decide(domain(), found({ hostname: active, proven: false }), NOW)).toMatchObject({
    status: 'pending',
  });
});

test('what Cloudflare refuses has failed, without waiting', () => {
  const refused = { ...PENDING, state: 'refused', reason: 'blocked' } satisfies HostnameState;
  expect(decide(domain(), found({ hostname: refused }), NOW)).toMatchObject({
    status: 'failed',
    error: 'blocked',
    nextCheckAt: null,
  });
});

test('a domain without its record is checked less and less often, and given up after a week', () => {
  const missing = found({ proven: false });
  let at = NOW;
  let record = domain({ pendingSince: ago(0) });
  const checks: number[] = [];
  while (record.status === 'pending') {
    record = { ...record, ...decide(record, missing, at) };
    if (record.nextCheckAt === null) break;
    checks.push(Date.parse(record.nextCheckAt) - at);
    at = Date.parse(record.nextCheckAt);
  }
  expect(record).toMatchObject({ status: 'failed', nextCheckAt: null, error: /no such record/ });
  expect(at - NOW).toBeGreaterThanOrEqual(GIVE_UP_AFTER_MS);
  expect(checks).toEqual([...checks].sort((a, b) => a - b));
  expect(checks.length).toBeLessThan(250);
  expect(checks[0]).toBe(15_000);
  expect(checks.at(-1)).toBe(3_600_000);
});

test('an active domain stays so, whatever a check finds, and says what is missing', () => {
  const active = domain({ status: 'active', pendingSince: null });
  for (const findings of [
    found({ proven: false }),
    found({ proven: null, problem: 'DNS doesn’t answer' }),
    found({ hostname: { ...PENDING, reason: 'moved' } }),
    found({ hostname: null, problem: 'Cloudflare doesn’t answer' }),
  ]) {
    const change = decide(active, findings, NOW);
    expect(change.status).toBeUndefined();
    expect(change.error).toBeTruthy();
    expect(change.nextCheckAt).toBe(ago(-DAY));
  }
});

test('a service that asks for time gets it', () => {
  const change = decide(
    domain(),
    found({ hostname: null, problem: 'too many requests', waitMs: 600_000 }),
    NOW,
  );
  expect(change.nextCheckAt).toBe(ago(-600_000));
  expect(pauseAfter(-5)).toBe(15_000);
});
