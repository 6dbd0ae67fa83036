import type { CertificateState } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import type { Status } from '../backup/status.ts';
import {
  checkBackup,
  checkCertificates,
  checkName,
  checkPortOf,
  checkSecrets,
  type NameFacts,
  type PortFacts,
} from './instance.ts';

describe('a port', () => {
  const port = (change: Partial<PortFacts>) =>
    checkPortOf({
      name: 'AppFlux',
      host: '127.0.0.1',
      port: 8787,
      running: false,
      accepts: false,
      problem: null,
      ...change,
    });

  test('has to be free while the instance is not running', () => {
    expect(port({})).toEqual({ level: 'ok', text: 'Port of AppFlux: 127.0.0.1:8787 is free' });
    const problem = { message: 'Port 8787 is in use by nginx (pid 7)', advice: 'stop it' };
    expect(port({ problem })).toEqual({ level: 'bad', text: problem.message, advice: 'Stop it' });
  });

  test('has to accept connections while it is running', () => {
    expect(port({ running: true, accepts: true, host: '::' })).toMatchObject({
      level: 'ok',
      text: expect.stringContaining('[::]:8787 accepts'),
    });
    expect(port({ running: true })).toMatchObject({ level: 'bad', advice: expect.stringContaining('logs') });
  });
});

describe('a name', () => {
  const name = (change: Partial<NameFacts>) =>
    checkName({
      name: 'flux.example.com',
      addresses: ['203.0.113.7'],
      own: ['127.0.0.1', '203.0.113.7'],
      required: true,
      advice: 'Add a record',
      ...change,
    });

  test('that resolves is fine, and where it leads is said', () => {
    expect(name({})).toMatchObject({
      level: 'ok',
      text: expect.stringContaining('this machine (203.0.113.7)'),
    });
    expect(name({ own: ['10.0.0.2'] })).toMatchObject({
      level: 'ok',
      text: expect.stringContaining('router, proxy or tunnel'),
    });
  });

  test('that does not resolve is bad if it is required', () => {
    expect(name({ addresses: [] })).toMatchObject({ level: 'bad', advice: 'Add a record' });
    expect(name({ addresses: [], required: false }).level).toBe('weak');
    expect(name({ addresses: null })).toMatchObject({
      level: 'weak',
      text: expect.stringContaining('no answer'),
    });
  });
});

describe('certificates', () => {
  const state = (host: string, daysLeft: number | null, error: string | null = null): CertificateState => ({
    host,
    daysLeft,
    expiresAt: daysLeft === null ? null : '2026-12-29T00:00:00.000Z',
    error: error === null ? null : { message: error, at: '2026-11-29T00:00:00.000Z' },
  });
  const levels = (states: CertificateState[], from: 'files' | 'acme' = 'acme') =>
    checkCertificates(states, from, 'flux.test').map(({ level }) => level);

  test('of files have to be renewed in time, automatic ones renew late', () => {
    expect(levels([state('flux.test', 20)], 'files')).toEqual(['ok']);
    expect(levels([state('flux.test', 13)], 'files')).toEqual(['weak']);
    expect(levels([state('flux.test', 13)])).toEqual(['ok']);
    expect(levels([state('flux.test', 1)])).toEqual(['weak']);
    expect(levels([state('flux.test', -1)])).toEqual(['bad']);
  });

  test('that could not be requested are named with the reason', () => {
    expect(levels([state('flux.test', 20, 'rate limited')])).toEqual(['weak']);
    const [finding] = checkCertificates([state('flux.test', null, 'rate limited')], 'acme', 'flux.test');
    expect(finding).toMatchObject({
      level: 'bad',
      text: 'Certificate: none for flux.test; the last request failed: rate limited',
    });
  });

  test('of the dashboard is missing before the first start only', () => {
    expect(levels([])).toEqual(['weak']);
    expect(levels([state('shop.sites.test', 60)])).toEqual(['weak', 'ok']);
    expect(levels([], 'files')).toEqual([]);
  });

  test('in great number are counted, except those that need something', () => {
    const many = Array.from({ length: 50 }, (_, index) => state(`s${index}.test`, 60));
    expect(checkCertificates([state('flux.test', 0), ...many], 'acme', 'flux.test')).toEqual([
      expect.objectContaining({ level: 'weak' }),
      { level: 'ok', text: 'Certificates: 50 valid' },
    ]);
  });
});

test('secrets that others can read are bad', () => {
  expect(checkSecrets('/s/secrets.json', null).level).toBe('ok');
  expect(checkSecrets('/s/secrets.json', 0o100600).level).toBe('ok');
  for (const mode of [0o100640, 0o100604, 0o100644]) {
    expect(checkSecrets('/s/secrets.json', mode)).toMatchObject({
      level: 'bad',
      advice: expect.stringContaining('chmod 600 /s/secrets.json'),
    });
  }
});

describe('the backup', () => {
  const now = new Date('2026-11-29T12:00:00Z');
  const schedule = { cron: '0 3 * * *', target: '/backup/a', since: '2026-11-01T00:00:00.000Z' };
  const last = (day: string, error: string | null = null): Status['last'] => ({
    succeededAt: `2026-11-${day}T03:00:00.000Z`,
    target: '/backup/a',
    error,
    triedAt: `2026-11-${day}T03:00:00.000Z`,
  });

  test('of the last night by a schedule is fine', () => {
    expect(checkBackup({ last: last('29'), schedule }, now)).toEqual({
      level: 'ok',
      text: 'Backup: less than a day old, at /backup/a; schedule "0 3 * * *"',
    });
    // The one of tonight may be running.
    expect(checkBackup({ last: last('28'), schedule }, now).level).toBe('ok');
  });

  test('that is missing, has no schedule, failed, or was missed is weak', () => {
    expect(checkBackup({ last: null, schedule: null }, now)).toMatchObject({
      level: 'weak',
      text: 'Backup: none yet',
    });
    expect(checkBackup({ last: last('29'), schedule: null }, now)).toMatchObject({
      level: 'weak',
      text: expect.stringContaining('no schedule'),
    });
    expect(checkBackup({ last: last('10'), schedule: null }, now).text).toContain('19 days old');
    expect(checkBackup({ last: last('29', 'disk full'), schedule }, now)).toMatchObject({
      level: 'weak',
      text: expect.stringContaining('disk full'),
    });
    expect(checkBackup({ last: last('25'), schedule }, now)).toMatchObject({
      level: 'weak',
      text: expect.stringContaining('although the schedule'),
    });
  });
});
