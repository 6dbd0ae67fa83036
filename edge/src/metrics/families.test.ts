import { expect, test } from 'vitest';
import { scannerState } from '../operations/scanner-state.ts';
import { METRICS } from './catalogue.ts';
import type { Facts } from './facts.ts';
import { familiesOf } from './families.ts';
import { renderOpenMetrics } from './open-metrics.ts';
import { FULL, NOW, UNREAD } from './testing/sample-facts.ts';

const linesOf = (facts: Partial<Facts>, name: keyof typeof METRICS) =>
  renderOpenMetrics(familiesOf({ ...UNREAD, ...facts }))
    .split('\n')
    .filter((line) => line.startsWith(name) && /[{ ]/.test(line.slice(name.length, name.length + 1)));

test('what was not read has no samples, and its collectors are down', () => {
  const sampled = familiesOf(UNREAD).flatMap(({ name, samples }) => (samples.length > 0 ? [name] : []));
  expect(sampled).toEqual(['appflux_build_info', 'appflux_part_up', 'appflux_collector_up']);
  expect(linesOf({}, 'appflux_collector_up').every((line) => line.endsWith(' 0'))).toBe(true);
});

test('every metric is in the catalogue’s order and has no label beyond its own', () => {
  const families = familiesOf(FULL);
  expect(families.map(({ name }) => name)).toEqual(Object.keys(METRICS));
  for (const { name, samples } of families) {
    const { labels = [] } = METRICS[name as keyof typeof METRICS] as { labels?: readonly string[] };
    expect(samples.length, name).toBeGreaterThan(0);
    for (const sample of samples) expect(Object.keys(sample.labels ?? {}).sort()).toEqual([...labels].sort());
  }
});

test('ages and phases are in seconds, and never negative', () => {
  const deployments: Facts['deployments'] = {
    unended: [
      { status: 'queued', count: 2, oldestCreatedAt: '2026-11-29T11:59:00.000Z' },
      { status: 'building', count: 1, oldestCreatedAt: '2026-11-29T12:01:00.000Z' },
    ],
    ended: { success: 1, failed: 0, canceled: 0 },
    durationSeconds: null,
    waitingSeconds: { p50: 1.5, p95: 2 },
    isCut: false,
  };
  expect(linesOf({ deployments }, 'appflux_oldest_deployment_age_seconds')).toEqual([
    'appflux_oldest_deployment_age_seconds{status="queued"} 60',
    'appflux_oldest_deployment_age_seconds{status="building"} 0',
    'appflux_oldest_deployment_age_seconds{status="canceling"} 0',
  ]);
  expect(linesOf({ deployments }, 'appflux_deployment_duration_seconds')).toEqual([]);
  expect(linesOf(FULL, 'appflux_phase_duration_seconds')).toEqual([
    'appflux_phase_duration_seconds{phase="building",quantile="0.5"} 1.5',
    'appflux_phase_duration_seconds{phase="building",quantile="0.95"} 4',
  ]);
});

test('a draining runner has no free slots, and one that is not connected is offline', () => {
  expect(linesOf(FULL, 'appflux_runners')).toEqual([
    'appflux_runners{state="online"} 1',
    'appflux_runners{state="draining"} 1',
    'appflux_runners{state="offline"} 1',
  ]);
  expect(linesOf(FULL, 'appflux_runner_slots')).toEqual([
    'appflux_runner_slots{state="used"} 2',
    'appflux_runner_slots{state="free"} 3',
  ]);
});

test('storage, disks and the lag of logs are those that were found', () => {
  expect(linesOf(FULL, 'appflux_storage_bytes')).toEqual([
    'appflux_storage_bytes{kind="sources"} 1',
    'appflux_storage_bytes{kind="artifacts"} 2',
    'appflux_storage_bytes{kind="logs"} 3',
    'appflux_storage_bytes{kind="backups"} 4',
  ]);
  expect(linesOf(FULL, 'appflux_disk_free_bytes')).toEqual([
    'appflux_disk_free_bytes{disk="state",machine="instance"} 40000000000',
    'appflux_disk_free_bytes{disk="runner",machine="one"} 9000000000',
  ]);
  expect(linesOf(FULL, 'appflux_log_lag_seconds')).toEqual([
    'appflux_log_lag_seconds{isolate="abcd1234",quantile="0.5"} 0.1',
    'appflux_log_lag_seconds{isolate="abcd1234",quantile="0.95"} 3.5',
  ]);
  const unmeasured = { ...FULL.storage, measured: null, sample: null };
  expect(linesOf({ storage: unmeasured }, 'appflux_storage_bytes')).toEqual([]);
});

test('certificates are those of the dashboard and those of sites, by the first that expires', () => {
  expect(linesOf(FULL, 'appflux_certificate_expiry_timestamp_seconds')).toEqual([
    `appflux_certificate_expiry_timestamp_seconds{kind="dashboard"} ${Date.parse('2027-01-01T00:00:00.000Z') / 1000}`,
    `appflux_certificate_expiry_timestamp_seconds{kind="sites"} ${Date.parse('2026-12-01T00:00:00.000Z') / 1000}`,
  ]);
  expect(linesOf(FULL, 'appflux_certificates_failing')).toEqual([
    'appflux_certificates_failing{kind="dashboard"} 0',
    'appflux_certificates_failing{kind="sites"} 1',
  ]);
});

test.each([
  [undefined, 'unknown'],
  [{ policy: 'off', engine: null, signaturesAt: null }, 'off'],
  [{ policy: 'required', engine: null, signaturesAt: null }, 'missing'],
  [{ policy: 'required', engine: null, signaturesAt: null, lacksSignatures: true }, 'no_signatures'],
  [{ policy: 'optional', engine: 'ClamAV 1.4', signaturesAt: null }, 'no_signatures'],
  [{ policy: 'optional', engine: 'ClamAV 1.4', signaturesAt: '2026-11-22T11:59:59.000Z' }, 'outdated'],
  [{ policy: 'optional', engine: 'ClamAV 1.4', signaturesAt: '2026-11-22T12:00:00.000Z' }, 'ok'],
] as const)('the scanner %j is %s', (scanner, state) => {
  expect(scannerState(scanner, NOW)).toBe(state);
});
