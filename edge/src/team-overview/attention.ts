/** What needs someone in a team, of what is known of it. Pure. */
import {
  type Attention,
  beyondRegistration,
  budgetName,
  type Deployment,
  type Runner,
} from '@appflux/protocol';
import { exceeded } from '../budgets/check.ts';
import type { ConnectedRunner } from '../dispatch/connected-runner.ts';
import type { OverBudget } from '../metadata/app-lists.ts';
import type { DomainRecord } from '../metadata/domains.ts';
import type { TokenRecord } from '../metadata/metadata.ts';
import { isOlderVersion } from '../overview/versions.ts';

const DAY_MS = 86_400_000;

/** A runner that was gone for longer was not meant to come back. */
const GONE_AFTER_MS = 14 * DAY_MS;
/** A runner that restarts is away for moments. */
const AWAY_AFTER_MS = 5 * 60_000;
/** DNS records take up to some hours; a domain that has no error yet was not checked. */
const DOMAIN_PENDING_AFTER_MS = 3_600_000;
const TOKEN_EXPIRES_WITHIN_MS = 14 * DAY_MS;
const TOKEN_EXPIRED_WITHIN_MS = 7 * DAY_MS;

export interface TeamFacts {
  now: number;
  /** The version of the control plane. */
  version: string;
  /** Deployments that have not ended. */
  running: readonly Pick<
    Deployment,
    'id' | 'app' | 'number' | 'status' | 'approval' | 'commitMessage' | 'pullRequest' | 'createdAt'
  >[];
  /** Null if they could not be read. */
  runners: readonly Runner[] | null;
  online: readonly Pick<ConnectedRunner, 'id' | 'disk'>[];
  /** Domains that are not active, with their apps. */
  domains: readonly (Pick<DomainRecord, 'host' | 'status' | 'error' | 'createdAt'> & {
    app: { slug: string; name: string };
  })[];
  /** Releases that exceed size budgets. */
  overBudget: readonly OverBudget[];
  /** API tokens that the caller may see. */
  tokens: readonly Pick<TokenRecord, 'id' | 'name' | 'expiresAt'>[];
  /** The disk of the instance, for those whom it concerns. */
  disk: { freeBytes: number; minFreeBytes: number } | null;
}

/** The most pressing first: what keeps everything from being built, what waits for someone, what will break. */
export const attentionOf = (facts: TeamFacts): Attention[] => [
  ...diskFull(facts),
  ...runnersMissing(facts),
  ...approvals(facts),
  ...domains(facts),
  ...runnersWrong(facts),
  ...budgets(facts),
  ...tokens(facts),
];

const diskFull = ({ disk }: TeamFacts): Attention[] =>
  disk === null || disk.freeBytes >= disk.minFreeBytes
    ? []
    : [{ kind: 'instance_disk', freeBytes: disk.freeBytes, neededBytes: disk.minFreeBytes }];

function runnersMissing({ runners }: TeamFacts): Attention[] {
  if (runners === null || runners.some(({ status }) => status === 'online')) return [];
  return [{ kind: 'no_runner', registered: runners.length }];
}

const approvals = ({ running }: TeamFacts): Attention[] =>
  running
    .filter(({ status, approval }) => status === 'queued' && approval?.state === 'required')
    .map(({ id, app, number, commitMessage, pullRequest, createdAt }) => ({
      kind: 'approval',
      app,
      deploymentId: id,
      number,
      title: commitMessage?.split('\n', 1)[0]?.trim() || (pullRequest?.title ?? ''),
      since: createdAt,
    }));

const domains = ({ domains: all, now }: TeamFacts): Attention[] =>
  all.flatMap(({ app, host, status, error, createdAt }): Attention[] => {
    if (status === 'active') return [];
    const isNew = status === 'pending' && now - Date.parse(createdAt) < DOMAIN_PENDING_AFTER_MS;
    return isNew ? [] : [{ kind: 'domain', app, host, status, error }];
  });

function runnersWrong({ runners, online, version: current, now }: TeamFacts): Attention[] {
  return (runners ?? []).flatMap((runner): Attention[] => {
    const { id, name, labels, slots, executor = 'docker', announced, version, status, lastSeenAt } = runner;
    const ref = { id, name };
    const away = lastSeenAt === null ? null : now - Date.parse(lastSeenAt);
    if (status === 'offline') {
      // One that never came is being set up, and one that is gone for long was not meant to come back.
      return away === null || lastSeenAt === null || away < AWAY_AFTER_MS || away > GONE_AFTER_MS
        ? []
        : [{ kind: 'runner_offline', runner: ref, lastSeenAt }];
    }
    const disk = online.find((one) => one.id === id)?.disk;
    const differences =
      announced === undefined ? [] : beyondRegistration({ labels, slots, executor }, announced);
    return [
      ...(disk?.low === true
        ? [
            {
              kind: 'runner_disk' as const,
              runner: ref,
              freeBytes: disk.freeBytes,
              neededBytes: disk.minFreeBytes,
            },
          ]
        : []),
      ...(differences.length === 0 ? [] : [{ kind: 'runner_asks_more' as const, runner: ref, differences }]),
      ...(isOlderVersion(version, current)
        ? [{ kind: 'runner_outdated' as const, runner: ref, version, current }]
        : []),
    ];
  });
}

const budgets = ({ overBudget }: TeamFacts): Attention[] =>
  overBudget.map(({ app, deploymentId, budgets: results }) => ({
    kind: 'size_budget',
    app,
    deploymentId,
    exceeded: exceeded(results).map(budgetName),
  }));

const tokens = ({ tokens: all, now }: TeamFacts): Attention[] =>
  all.flatMap(({ id, name, expiresAt }): Attention[] => {
    if (expiresAt === null) return [];
    const left = Date.parse(expiresAt) - now;
    const isNear = left < TOKEN_EXPIRES_WITHIN_MS && left > -TOKEN_EXPIRED_WITHIN_MS;
    return isNear ? [{ kind: 'token', id, name, expiresAt }] : [];
  });
