/** Every metric of `GET /api/ops/metrics`. docs/monitoring.md has the same list for people; a test compares them. */
import type { Family } from './open-metrics.ts';

interface Metric {
  type: Family['type'];
  help: string;
  unit?: string;
  labels?: readonly string[];
}

export const METRICS = {
  appflux_build_info: { type: 'gauge', help: 'Version of the control plane; always 1.', labels: ['version'] },
  appflux_part_up: { type: 'gauge', help: 'Whether a part of the instance works.', labels: ['part'] },
  appflux_collector_up: {
    type: 'gauge',
    help: 'Whether a group of metrics could be read for this scrape.',
    labels: ['collector'],
  },
  appflux_scrape_truncated: {
    type: 'gauge',
    help: 'Whether there are more teams than a scrape reads.',
    labels: ['collector'],
  },
  appflux_deployments: {
    type: 'gauge',
    help: 'Deployments that have not ended, by state.',
    labels: ['status'],
  },
  appflux_oldest_deployment_age_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'Age of the oldest deployment in a state; 0 if there is none.',
    labels: ['status'],
  },
  appflux_deployments_ended: {
    type: 'gauge',
    help: 'Deployments that ended today or yesterday (UTC), by result.',
    labels: ['status'],
  },
  appflux_deployment_duration_seconds: {
    type: 'summary',
    unit: 'seconds',
    help: 'Build time of successful deployments that ended today or yesterday (UTC).',
    labels: ['quantile'],
  },
  appflux_queue_wait_seconds: {
    type: 'summary',
    unit: 'seconds',
    help: 'Time from the request to the first claim, of deployments that ended today or yesterday (UTC).',
    labels: ['quantile'],
  },
  appflux_phase_duration_seconds: {
    type: 'summary',
    unit: 'seconds',
    help: 'Time of each phase in the newest successful deployments of each team.',
    labels: ['phase', 'quantile'],
  },
  appflux_pool_waiting_jobs: { type: 'gauge', help: 'Jobs that wait for a runner.' },
  appflux_runners: { type: 'gauge', help: 'Registered runners, by state.', labels: ['state'] },
  appflux_runner_slots: { type: 'gauge', help: 'Slots of connected runners, by state.', labels: ['state'] },
  appflux_runner_scanners: {
    type: 'gauge',
    help: 'Connected runners, by the state of their malware scanner.',
    labels: ['state'],
  },
  appflux_queue_backlog_messages: { type: 'gauge', help: 'Messages that wait in the deployment queue.' },
  appflux_queue_backlog_bytes: {
    type: 'gauge',
    unit: 'bytes',
    help: 'Size of the messages that wait in the deployment queue.',
  },
  appflux_artifact_storage_bytes: {
    type: 'gauge',
    unit: 'bytes',
    help: 'Size of the artifacts in storage, as the last complete retention round found them.',
  },
  appflux_artifact_storage_measured_timestamp_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'Unix time at which that round began.',
  },
  appflux_storage_bytes: {
    type: 'gauge',
    unit: 'bytes',
    help: 'Size of the objects in storage by kind, as the daily measurement found them.',
    labels: ['kind'],
  },
  appflux_storage_measured_timestamp_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'Unix time of that measurement.',
  },
  appflux_disk_size_bytes: {
    type: 'gauge',
    unit: 'bytes',
    help: 'Size of a disk that the instance uses.',
    labels: ['disk', 'machine'],
  },
  appflux_disk_free_bytes: {
    type: 'gauge',
    unit: 'bytes',
    help: 'Free space of a disk that the instance uses.',
    labels: ['disk', 'machine'],
  },
  appflux_cron_last_success_timestamp_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'Unix time at which the cron last completed a run.',
  },
  appflux_recent_errors: {
    type: 'gauge',
    help: 'Errors that the control plane counted within 24 hours.',
  },
  appflux_certificate_expiry_timestamp_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'Unix time at which the first certificate expires, of the dashboard or of all sites.',
    labels: ['kind'],
  },
  appflux_certificates_failing: {
    type: 'gauge',
    help: 'Certificates whose last request failed, of the dashboard or of all sites.',
    labels: ['kind'],
  },
  appflux_backup_last_success_timestamp_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'Unix time of the newest backup; missing if there is none.',
  },
  appflux_backup_last_attempt_failed: {
    type: 'gauge',
    help: 'Whether the last backup failed; missing before the first one.',
  },
  appflux_maintenance: { type: 'gauge', help: 'Whether the instance is in maintenance: builds wait.' },
  appflux_http_requests: {
    type: 'counter',
    help: 'Requests answered by this isolate.',
    labels: ['isolate', 'method', 'route', 'status'],
  },
  appflux_storage_errors: {
    type: 'counter',
    help: 'Storage operations of this isolate that failed.',
    labels: ['isolate', 'operation'],
  },
  appflux_log_lag_seconds: {
    type: 'summary',
    unit: 'seconds',
    help: 'Time from the runner to the control plane, of the newest log lines that reached this isolate.',
    labels: ['isolate', 'quantile'],
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;

/** The names of the samples, as queries use them. */
export const SAMPLE_NAMES: ReadonlySet<string> = new Set(
  Object.entries<Metric>(METRICS).map(([name, { type }]) => (type === 'counter' ? `${name}_total` : name)),
);

/** The definition of a metric, for `renderOpenMetrics`. */
export function definitionOf(name: MetricName): Omit<Family, 'samples'> {
  const { type, help, unit }: Metric = METRICS[name];
  return { name, type, help, ...(unit === undefined ? {} : { unit }) };
}
