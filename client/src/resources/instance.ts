/** The instance: health, configuration, analytics, and what its operator does. */
import {
  Analytics,
  type BackupStatus,
  Backups,
  CreatedMetricsToken,
  DeadLetter,
  Health,
  InstanceAddresses,
  InstanceConfig,
  InstanceSetUp,
  Maintenance,
  type MetricsToken,
  MetricsTokens,
  Outbox,
  type OutboxItem,
  Overview,
  type Page,
  PROVENANCE_KEYS_PATH,
  ProvenanceKeys,
  pageOf,
  Resealed,
  type RotateProvenanceKey,
  type SetMaintenance,
  type SetUpInstance,
  SignInLink,
  SweepReport,
} from '@appflux/protocol';
import { type CallOptions, type Calls, path } from '../http/calls.ts';
import type { ListQuery } from '../pages.ts';

const DeadLetters = pageOf(DeadLetter);

export const instance = (calls: Calls) => ({
  /** Whether every part works. A part that is down is a response, too, not an error. */
  health: async (options: CallOptions = {}): Promise<Health> => {
    const request = { method: 'GET', path: '/api/health' };
    const response = await calls.send(request.method, request.path, options);
    // 503 is also what a proxy answers when the instance is down.
    const isHealth = response.headers.get('Content-Type')?.startsWith('application/json');
    if (response.ok || (response.status === 503 && isHealth)) return calls.parse(Health, response, request);
    throw await calls.refusal(response, request);
  },
  /** How people sign in. The caller doesn't have to be signed in. */
  config: (options: CallOptions = {}): Promise<InstanceConfig> =>
    calls.json(InstanceConfig, 'GET', '/api/config', options),
  /** The public keys that provenance is signed with, newest first. Nobody has to be signed in. */
  provenanceKeys: (options: CallOptions = {}): Promise<ProvenanceKeys> =>
    calls.json(ProvenanceKeys, 'GET', PROVENANCE_KEYS_PATH, options),
  /** Builds, durations and downloads of some days, of the team or of one app. */
  analytics: (query: { days?: number; app?: string } = {}, options: CallOptions = {}): Promise<Analytics> =>
    calls.json(Analytics, 'GET', '/api/analytics', { query: { ...query }, ...options }),
});

/** Calls with the operator secret, or of the instance's owner. */
export const operator = (calls: Calls) => ({
  /** Creates the owner at the first call, and a new one-time sign-in link at each. */
  setUp: (body: SetUpInstance = {}, options: CallOptions = {}): Promise<InstanceSetUp> =>
    calls.json(InstanceSetUp, 'POST', '/api/ops/setup', { body, ...options }),
  /** A link that signs the owner in once. Earlier links stop working. */
  createSignInLink: (options: CallOptions = {}): Promise<SignInLink> =>
    calls.json(SignInLink, 'POST', '/api/ops/sign-in-links', options),
  /** A link by which a user sets a new password. Earlier links stop working. */
  createRecoveryLink: (email: string, options: CallOptions = {}): Promise<SignInLink> =>
    calls.json(SignInLink, 'POST', '/api/ops/recovery-links', { body: { email }, ...options }),
  /** One-time links that were not sent, for the operator to pass on. */
  outbox: async (options: CallOptions = {}): Promise<OutboxItem[]> =>
    (await calls.json(Outbox, 'GET', '/api/ops/outbox', options)).items,
  /** URLs, certificates and missing DNS records. */
  addresses: (options: CallOptions = {}): Promise<InstanceAddresses> =>
    calls.json(InstanceAddresses, 'GET', '/api/ops/addresses', options),
  /** Health, stuck deployments, disks, versions, backup and errors. */
  overview: (options: CallOptions = {}): Promise<Overview> =>
    calls.json(Overview, 'GET', '/api/ops/overview', options),
  /** Asks whether a host may have a certificate: refused with `not_found` or `too_many_requests` when it may not. */
  requestCertificate: (host: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('POST', '/api/ops/certificates', { body: { host }, ...options }),
  /** Seals some values again with the current key; repeat with `after: next` until that is null. */
  reseal: (after: string | null = null, options: CallOptions = {}): Promise<Resealed> =>
    calls.json(Resealed, 'POST', '/api/ops/reseal', { body: { after }, ...options }),
  /** Signs provenance with a new key from now on. `revoke`: the `kid` of a key whose signatures are no longer valid. */
  rotateProvenanceKey: (body: RotateProvenanceKey = {}, options: CallOptions = {}): Promise<ProvenanceKeys> =>
    calls.json(ProvenanceKeys, 'POST', '/api/ops/provenance/rotate', { body, ...options }),
  /** Applies retention to some apps; repeat with `after: next` until that is null. */
  sweep: (
    { dryRun = false, after }: { dryRun?: boolean; after?: string } = {},
    options: CallOptions = {},
  ): Promise<SweepReport> =>
    calls.json(SweepReport, 'POST', '/api/ops/sweep', { query: { dryRun, after }, ...options }),
  /** How the instance's backups go, and how old the newest is. */
  backups: (options: CallOptions = {}): Promise<Backups> =>
    calls.json(Backups, 'GET', '/api/ops/backup', options),
  /** Reports how a backup went. */
  reportBackup: (status: BackupStatus, options: CallOptions = {}): Promise<void> =>
    calls.nothing('PUT', '/api/ops/backup', { body: status, ...options }),
  /** Whether the instance is in maintenance, and how many builds run and wait. */
  maintenance: (options: CallOptions = {}): Promise<Maintenance> =>
    calls.json(Maintenance, 'GET', '/api/ops/maintenance', options),
  /** Turns maintenance on or off. While it is on, builds wait and running ones go on. */
  setMaintenance: (body: SetMaintenance, options: CallOptions = {}): Promise<Maintenance> =>
    calls.json(Maintenance, 'PUT', '/api/ops/maintenance', { body, ...options }),
  /** The instance's metrics, in the OpenMetrics text format. */
  metrics: (options: CallOptions = {}): Promise<string> => calls.text('GET', '/api/ops/metrics', options),
  /** Tokens that read the metrics, newest first, without the tokens themselves. */
  metricsTokens: async (options: CallOptions = {}): Promise<MetricsToken[]> =>
    (await calls.json(MetricsTokens, 'GET', '/api/ops/metrics-tokens', options)).items,
  /** Creates one. Only this response has the token. */
  createMetricsToken: (name: string, options: CallOptions = {}): Promise<CreatedMetricsToken> =>
    calls.json(CreatedMetricsToken, 'POST', '/api/ops/metrics-tokens', { body: { name }, ...options }),
  /** Revokes one immediately. */
  deleteMetricsToken: (id: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', path`/api/ops/metrics-tokens/${id}`, options),
  /** Messages that the queues couldn't deliver. */
  deadLetters: (query: ListQuery = {}, options: CallOptions = {}): Promise<Page<DeadLetter>> =>
    calls.json(DeadLetters, 'GET', '/api/ops/dead-letters', { query: { ...query }, ...options }),
  /** Delivers one again. */
  replayDeadLetter: (id: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('POST', path`/api/ops/dead-letters/${id}/replay`, options),
});
