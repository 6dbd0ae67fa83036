/** What scrapes found, for tests. */
import type { Facts } from '../facts.ts';

export const NOW = Date.parse('2026-11-29T12:00:00.000Z');

/** A scrape that could read nothing. */
export const UNREAD: Facts = {
  version: '1.2.3',
  now: NOW,
  parts: { metadata: false, storage: true, queue: false },
  deployments: null,
  phases: null,
  runners: null,
  queue: null,
  storage: null,
  disks: null,
  cron: null,
  errors: null,
  certificates: null,
  backup: null,
  maintenance: null,
  isolate: { id: 'abcd1234', requests: [], storageErrors: new Map(), logLags: [] },
};

/** A scrape in which every metric has a sample. */
export const FULL: Facts = {
  ...UNREAD,
  deployments: {
    unended: [],
    ended: { success: 3, failed: 1, canceled: 0 },
    durationSeconds: { p50: 10, p95: 20 },
    waitingSeconds: { p50: 1, p95: 2 },
    isCut: false,
  },
  phases: {
    spans: [
      [
        {
          phase: 'building',
          startedAt: '2026-11-29T11:00:00.000Z',
          finishedAt: '2026-11-29T11:00:01.500Z',
        },
        { phase: 'uploading', startedAt: '2026-11-29T11:00:02.000Z', finishedAt: null },
      ],
      [{ phase: 'building', startedAt: '2026-11-29T11:00:00.000Z', finishedAt: '2026-11-29T11:00:04.000Z' }],
    ],
    isCut: true,
  },
  runners: {
    registered: 3,
    pools: [
      {
        waiting: 4,
        online: [
          {
            name: 'one',
            slots: 4,
            busy: 1,
            draining: false,
            disk: { totalBytes: 50e9, freeBytes: 9e9, minFreeBytes: 2e9, low: false },
          },
          { name: 'two', slots: 4, busy: 1, draining: true },
        ],
      },
    ],
    isCut: false,
  },
  queue: { messages: 5, bytes: 600 },
  storage: {
    measured: { artifactBytes: 1_000_000, at: Date.parse('2026-11-29T06:00:00.000Z') },
    sample: {
      day: '2026-11-29',
      at: Date.parse('2026-11-29T00:15:00.000Z'),
      disks: [],
      stored: { sources: 1, artifacts: 2, logs: 3, complete: true },
      backupBytes: 4,
    },
  },
  disks: [{ on: 'instance', what: 'state', totalBytes: 100e9, freeBytes: 40e9 }],
  cron: { runs: { startedAt: NOW - 60_000, succeededAt: NOW - 50_000, error: null } },
  errors: { count: 7 },
  certificates: {
    dashboard: 'appflux.example.com',
    states: [
      { host: 'appflux.example.com', expiresAt: '2027-01-01T00:00:00.000Z', daysLeft: 32, error: null },
      { host: 'a.sites.example', expiresAt: '2026-12-05T00:00:00.000Z', daysLeft: 5, error: null },
      {
        host: 'b.sites.example',
        expiresAt: '2026-12-01T00:00:00.000Z',
        daysLeft: 1,
        error: { message: 'rate limited', at: '2026-11-29T10:00:00.000Z' },
      },
    ],
  },
  backup: {
    status: {
      succeededAt: '2026-11-28T03:00:00.000Z',
      target: '/backup',
      error: null,
      triedAt: '2026-11-28T03:00:00.000Z',
      schedule: null,
    },
  },
  maintenance: { on: true },
  isolate: {
    id: 'abcd1234',
    requests: [{ method: 'GET', route: '/api/apps/:slug', status: '200', count: 2 }],
    storageErrors: new Map([['get', 1]]),
    logLags: [0.12, 0.14, 3.5],
  },
};
