/** Turns what a scrape found into metrics. Pure. */
import { type Percentiles, Phase } from '@appflux/protocol';
import { percentilesOf } from '../metadata/analytics.ts';
import { UNENDED } from '../metadata/metrics.ts';
import { SCANNER_STATES, scannerState } from '../operations/scanner-state.ts';
import { runnerDisks } from '../overview/disks.ts';
import { definitionOf, type MetricName } from './catalogue.ts';
import { COLLECTORS, type Facts } from './facts.ts';
import type { Family, Sample } from './open-metrics.ts';

/** All metrics, in the order of the catalogue. A metric whose facts could not be read has no samples. */
export function familiesOf(facts: Facts): Family[] {
  const measured = facts.storage?.measured ?? null;
  const samples: Record<MetricName, readonly Sample[]> = {
    appflux_build_info: [{ labels: { version: facts.version }, value: 1 }],
    appflux_part_up: labeled('part', Object.entries(facts.parts)),
    appflux_collector_up: labeled(
      'collector',
      COLLECTORS.map((name) => [name, facts[name] !== null]),
    ),
    appflux_scrape_truncated: labeled(
      'collector',
      (['deployments', 'phases', 'runners'] as const).flatMap((name) => {
        const found = facts[name];
        return found === null ? [] : [[name, found.isCut]];
      }),
    ),
    ...deploymentSamples(facts),
    appflux_phase_duration_seconds: phaseSamples(facts),
    ...runnerSamples(facts),
    appflux_queue_backlog_messages: facts.queue === null ? [] : [{ value: facts.queue.messages }],
    appflux_queue_backlog_bytes: facts.queue === null ? [] : [{ value: facts.queue.bytes }],
    appflux_artifact_storage_bytes: measured === null ? [] : [{ value: measured.artifactBytes }],
    appflux_artifact_storage_measured_timestamp_seconds:
      measured === null ? [] : [{ value: measured.at / 1000 }],
    ...storageSamples(facts),
    ...diskSamples(facts),
    appflux_cron_last_success_timestamp_seconds:
      facts.cron?.runs?.succeededAt == null ? [] : [{ value: facts.cron.runs.succeededAt / 1000 }],
    appflux_recent_errors: facts.errors === null ? [] : [{ value: facts.errors.count }],
    ...certificateSamples(facts),
    ...backupSamples(facts),
    appflux_maintenance: facts.maintenance === null ? [] : [{ value: Number(facts.maintenance.on) }],
    appflux_http_requests: facts.isolate.requests.map(({ count, ...labels }) => ({
      labels: { isolate: facts.isolate.id, ...labels },
      value: count,
    })),
    appflux_storage_errors: [...facts.isolate.storageErrors].map(([operation, value]) => ({
      labels: { isolate: facts.isolate.id, operation },
      value,
    })),
    appflux_log_lag_seconds: quantiles(percentilesOf(histogramOf(facts.isolate.logLags)), {
      isolate: facts.isolate.id,
    }),
  };
  return Object.entries(samples).map(([name, found]) => ({
    ...definitionOf(name as MetricName),
    samples: found,
  }));
}

const labeled = (label: string, values: readonly (readonly [string, number | boolean])[]): Sample[] =>
  values.map(([name, value]) => ({ labels: { [label]: name }, value: Number(value) }));

const quantiles = (found: Percentiles | null, labels: Record<string, string> = {}): Sample[] =>
  found === null
    ? []
    : [
        { labels: { ...labels, quantile: '0.5' }, value: found.p50 },
        { labels: { ...labels, quantile: '0.95' }, value: found.p95 },
      ];

const secondsOf = (timestamp: string): number => Date.parse(timestamp) / 1000;

/** How often each value is there, to a tenth of a second. */
function histogramOf(seconds: readonly number[]): Map<number, number> {
  const histogram = new Map<number, number>();
  for (const value of seconds) {
    const rounded = Math.round(value * 10) / 10;
    histogram.set(rounded, (histogram.get(rounded) ?? 0) + 1);
  }
  return histogram;
}

function storageSamples({ storage }: Facts) {
  const sample = storage?.sample ?? null;
  if (sample === null || sample.stored === null)
    return { appflux_storage_bytes: [], appflux_storage_measured_timestamp_seconds: [] };
  const { sources, artifacts, logs } = sample.stored;
  const backups = sample.backupBytes === null ? [] : ([['backups', sample.backupBytes]] as const);
  return {
    appflux_storage_bytes: labeled('kind', [
      ['sources', sources],
      ['artifacts', artifacts],
      ['logs', logs],
      ...backups,
    ]),
    appflux_storage_measured_timestamp_seconds: [{ value: sample.at / 1000 }],
  };
}

function diskSamples({ disks, runners }: Facts) {
  const all = [...(disks ?? []), ...runnerDisks(runners?.pools.flatMap((pool) => pool.online) ?? [])];
  // Runners of two teams may have the same name.
  const named = new Map(all.map((disk) => [`${disk.on} ${disk.what}`, disk]));
  const samplesOf = (member: 'totalBytes' | 'freeBytes') =>
    [...named.values()].map(({ on, what, ...bytes }) => ({
      labels: { machine: on, disk: what },
      value: bytes[member],
    }));
  return {
    appflux_disk_size_bytes: samplesOf('totalBytes'),
    appflux_disk_free_bytes: samplesOf('freeBytes'),
  };
}

function deploymentSamples({ deployments, now }: Facts) {
  const found = new Map(deployments?.unended.map((one) => [one.status, one] as const));
  // A clock that was set back makes no negative age.
  const ageOf = (at: string | undefined) =>
    at === undefined ? 0 : Math.max(0, (now - Date.parse(at)) / 1000);
  const unended = deployments === null ? [] : UNENDED;
  return {
    appflux_deployments: labeled(
      'status',
      unended.map((status) => [status, found.get(status)?.count ?? 0]),
    ),
    appflux_oldest_deployment_age_seconds: labeled(
      'status',
      unended.map((status) => [status, ageOf(found.get(status)?.oldestCreatedAt)]),
    ),
    appflux_deployments_ended: labeled('status', Object.entries(deployments?.ended ?? {})),
    appflux_deployment_duration_seconds: quantiles(deployments?.durationSeconds ?? null),
    appflux_queue_wait_seconds: quantiles(deployments?.waitingSeconds ?? null),
  };
}

function phaseSamples({ phases }: Facts): Sample[] {
  const spans = phases?.spans.flat() ?? [];
  return Phase.options.flatMap((phase) => {
    const histogram = new Map<number, number>();
    for (const span of spans) {
      if (span.phase !== phase || span.finishedAt === null) continue;
      const seconds = Math.max(0, secondsOf(span.finishedAt) - secondsOf(span.startedAt));
      const rounded = Math.round(seconds * 1000) / 1000;
      histogram.set(rounded, (histogram.get(rounded) ?? 0) + 1);
    }
    return quantiles(percentilesOf(histogram), { phase });
  });
}

function runnerSamples({ runners, now }: Facts) {
  const online = runners?.pools.flatMap((pool) => pool.online) ?? [];
  const some = <Value>(samples: Value[]): Value[] => (runners === null ? [] : samples);
  const draining = online.filter((runner) => runner.draining).length;
  const used = online.reduce((sum, { busy }) => sum + busy, 0);
  const free = online.reduce(
    (sum, runner) => sum + (runner.draining ? 0 : Math.max(0, runner.slots - runner.busy)),
    0,
  );
  const scanners = online.map(({ scanner }) => scannerState(scanner, now));
  return {
    appflux_pool_waiting_jobs: some([
      { value: runners?.pools.reduce((sum, { waiting }) => sum + waiting, 0) ?? 0 },
    ]),
    appflux_runners: some(
      labeled('state', [
        ['online', online.length - draining],
        ['draining', draining],
        // A runner may be removed between the two readings.
        ['offline', Math.max(0, (runners?.registered ?? 0) - online.length)],
      ]),
    ),
    appflux_runner_slots: some(
      labeled('state', [
        ['used', used],
        ['free', free],
      ]),
    ),
    appflux_runner_scanners: some(
      labeled(
        'state',
        SCANNER_STATES.map((state) => [state, scanners.filter((other) => other === state).length]),
      ),
    ),
  };
}

function certificateSamples({ certificates }: Facts) {
  const kinds = [
    ['dashboard', certificates?.states.filter(({ host }) => host === certificates.dashboard) ?? []],
    ['sites', certificates?.states.filter(({ host }) => host !== certificates.dashboard) ?? []],
  ] as const;
  return {
    appflux_certificate_expiry_timestamp_seconds: kinds.flatMap(([kind, states]) => {
      const times = states.flatMap(({ expiresAt }) => (expiresAt === null ? [] : [secondsOf(expiresAt)]));
      const first = times.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY);
      return times.length === 0 ? [] : [{ labels: { kind }, value: first }];
    }),
    appflux_certificates_failing:
      certificates === null
        ? []
        : labeled(
            'kind',
            kinds.map(([kind, states]) => [kind, states.filter(({ error }) => error !== null).length]),
          ),
  };
}

function backupSamples({ backup }: Facts) {
  const status = backup?.status ?? null;
  const succeededAt = status?.succeededAt ?? null;
  return {
    appflux_backup_last_success_timestamp_seconds:
      succeededAt === null ? [] : [{ value: secondsOf(succeededAt) }],
    appflux_backup_last_attempt_failed: status === null ? [] : [{ value: Number(status.error !== null) }],
  };
}
