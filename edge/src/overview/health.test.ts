import type { HealthPart } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { type HealthFacts, healthOf } from './health.ts';
import { LONGEST } from './stuck.ts';

const NOW = Date.parse('2026-11-29T12:00:00.000Z');
const DAY = 86_400_000;
const at = (ago: number) => new Date(NOW - ago).toISOString();
const SCANNER = { policy: 'required' as const, engine: 'ClamAV 1.4', signaturesAt: at(DAY) };
const BACKUP = {
  succeededAt: at(3_600_000),
  target: '/backup',
  error: null,
  triedAt: at(3_600_000),
  schedule: '0 3 * * *',
};
const certificate = (daysLeft: number | null, error: string | null = null) => ({
  host: 'flux.example.com',
  expiresAt: null,
  daysLeft,
  error: error === null ? null : { message: error, at: at(0) },
});
const addresses = (certificates: ReturnType<typeof certificate>[], tls: 'auto' | 'off' = 'auto') => ({
  status: { tls, certificates, wildcard: true, unresolved: [], machine: [] },
});
const disk = (freeBytes: number, totalBytes = 100e9) => ({
  on: 'instance',
  what: 'state',
  totalBytes,
  freeBytes,
});

const WELL: HealthFacts = {
  now: NOW,
  metadata: true,
  storage: true,
  queue: { messages: 0 },
  objects: true,
  cron: { runs: { startedAt: NOW - 60_000, succeededAt: NOW - 60_000, error: null } },
  runners: { registered: 1, online: [{ name: 'local-1', scanner: SCANNER }] },
  addresses: addresses([certificate(60)]),
  mail: { kind: 'http', url: 'https://mail.example', key: 'k', from: { email: 'a@example.com', name: null } },
  outbox: { count: 0, oldestAt: null },
  backup: { status: BACKUP },
  disks: [disk(50e9)],
  watched: { totalBytes: 100e9, freeBytes: 50e9, minFreeBytes: 1e9 },
};

const stateOf = (facts: Partial<HealthFacts>, part: HealthPart) => {
  const state = healthOf({ ...WELL, ...facts }).find((one) => one.part === part);
  if (state === undefined) throw new Error('every part has a state');
  return state;
};

test('where all is well every part is ok, and nothing has to be done', () => {
  for (const { part, level, advice } of healthOf(WELL))
    expect([part, level, advice]).toEqual([part, 'ok', null]);
});

test('what could not be read is unknown, never ok, and has advice', () => {
  const unread = healthOf({
    ...WELL,
    cron: null,
    runners: null,
    addresses: null,
    outbox: null,
    backup: null,
    disks: null,
  });
  const unknown = unread.filter(({ level }) => level === 'unknown').map(({ part }) => part);
  expect(unknown).toEqual(['cron', 'runners', 'scanner', 'certificates', 'mail', 'backup', 'disk']);
  expect(unread.every(({ level, advice }) => level === 'ok' || advice !== null)).toBe(true);
});

const online = (scanner?: typeof SCANNER | object) => ({
  registered: 1,
  online: [{ name: 'local-1', scanner: scanner as typeof SCANNER | undefined }],
});

test.each<[HealthPart, string, Partial<HealthFacts>, RegExp]>([
  ['metadata', 'down', { metadata: false }, /Doesn’t respond/],
  ['storage', 'down', { storage: false }, /Doesn’t respond/],
  ['queue', 'down', { queue: null }, /Doesn’t respond/],
  ['queue', 'warn', { queue: { messages: 1001 } }, /1001 messages/],
  ['objects', 'down', { objects: false }, /respond/],
  ['cron', 'unknown', { cron: { runs: null } }, /No run/],
  [
    'cron',
    'down',
    { cron: { runs: { startedAt: NOW - LONGEST.cron - 1, succeededAt: null, error: null } } },
    /Overdue/,
  ],
  ['cron', 'warn', { cron: { runs: { startedAt: NOW, succeededAt: null, error: 'boom' } } }, /boom/],
  ['runners', 'warn', { runners: { registered: 0, online: [] } }, /No runner/],
  ['runners', 'down', { runners: { registered: 2, online: [] } }, /0 of 2/],
  ['runners', 'warn', { runners: { registered: 2, online: [{ name: 'a' }] } }, /1 of 2/],
  ['scanner', 'unknown', { runners: online() }, /reports/],
  ['scanner', 'off', { runners: online({ policy: 'off', engine: null, signaturesAt: null }) }, /off/],
  ['scanner', 'down', { runners: online({ ...SCANNER, engine: null }) }, /no malware scanner/],
  ['scanner', 'down', { runners: online({ ...SCANNER, signaturesAt: null }) }, /no malware signatures/],
  ['scanner', 'warn', { runners: online({ ...SCANNER, signaturesAt: at(7 * DAY) }) }, /7 days old/],
  ['certificates', 'off', { addresses: { status: null } }, /HTTPS/],
  ['certificates', 'off', { addresses: addresses([], 'off') }, /HTTPS/],
  ['certificates', 'unknown', { addresses: addresses([certificate(null)]) }, /No certificate/],
  ['certificates', 'warn', { addresses: addresses([certificate(60), certificate(13)]) }, /13 days/],
  ['certificates', 'down', { addresses: addresses([certificate(2)]) }, /2 days/],
  ['certificates', 'down', { addresses: addresses([certificate(-1)]) }, /expired/],
  ['certificates', 'warn', { addresses: addresses([certificate(60, 'rate limited')]) }, /failed/],
  ['mail', 'off', { mail: { kind: 'none' } }, /no email/],
  ['mail', 'down', { mail: { kind: 'incomplete', problem: 'Set MAIL_FROM.' } }, /Can’t/],
  ['mail', 'warn', { outbox: { count: 1, oldestAt: NOW } }, /1 link not sent/],
  ['backup', 'warn', { backup: { status: null } }, /no backup/],
  ['backup', 'warn', { backup: { status: { ...BACKUP, succeededAt: null } } }, /no backup/],
  ['backup', 'warn', { backup: { status: { ...BACKUP, error: 'disk full' } } }, /disk full/],
  ['backup', 'warn', { backup: { status: { ...BACKUP, succeededAt: at(3 * DAY) } } }, /3 days old/],
  ['backup', 'warn', { backup: { status: { ...BACKUP, schedule: null } } }, /schedule/],
  ['disk', 'off', { disks: [], watched: null }, /No disk/],
  [
    'disk',
    'down',
    {
      runners: {
        registered: 1,
        online: [
          {
            name: 'local-1',
            scanner: SCANNER,
            disk: { freeBytes: 12e8, totalBytes: 50e9, minFreeBytes: 2 * 1024 ** 3, low: true },
          },
        ],
      },
    },
    /local-1 takes no builds: 1.2 GB free, 2 GiB needed/,
  ],
  [
    'disk',
    'down',
    { watched: { totalBytes: 100e9, freeBytes: 9e8, minFreeBytes: 1e9 } },
    /refused: 900 MB free, and 1.0 GB/,
  ],
  ['disk', 'down', { disks: [disk(50e9), disk(400e6)] }, /400 MB free/],
  ['disk', 'warn', { disks: [disk(9e9)] }, /9.0 GB free/],
  ['disk', 'warn', { disks: [disk(1.5e9, 10e9)] }, /1.5 GB free/],
])('%s is %s', (part, level, facts, summary) => {
  const state = stateOf(facts, part);
  expect(state.level).toBe(level);
  expect(state.summary).toMatch(summary);
  if (level === 'warn' || level === 'down') expect(state.advice).not.toBeNull();
});
