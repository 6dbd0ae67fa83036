/**
 * The state machine of a deployment: `(state, event, now) -> (state, effects)`, without I/O. The object
 * around it writes the new state and its outbox event in one transaction and then carries the effects out.
 *
 * What holds, whatever the order of events: an ended deployment never changes; at most one attempt holds the
 * lease; an event of an old attempt changes nothing; from every state some event ends it.
 */
import {
  type DeploymentSite,
  type ExecutorKind,
  type Failure,
  failure,
  hasEnded,
  LEASE_MS,
  type Phase,
  type Plan,
  type PullRequestRef,
  type ReleaseDetails,
  type SizeBudget,
  type SizeBudgetResult,
} from '@appflux/protocol';
import type { ArtifactRecord, SbomRecord } from '../metadata/metadata.ts';
import { settled, wentBack } from './clock-jump.ts';
import { lastWords, missing } from './own-lines.ts';
import { announced, interrupted, isPrebuilt } from './prebuilt.ts';
import { isHeld, type Lease, type Spec, type State } from './state.ts';
import { givenUpAt, queuedSince, waitingFrom } from './waiting.ts';

/** How long a runner has to confirm a cancellation. */
export const CANCEL_GRACE_MS = 60_000;

/** The runner kills the build itself at the deadline; the edge waits this much longer for its word. */
export const DEADLINE_GRACE_MS = 15_000;

/** How many phases of an attempt are recorded. A build goes through five. */
export const MAX_PHASES = 32;

export type Event =
  /** A runner wants the job. Asked again by the lease's own runner, the answer is the same. */
  | { type: 'claim'; runner: { id: string; name: string }; executor?: ExecutorKind; token: string }
  /** The runner's socket opened. */
  | { type: 'connected'; attempt: number }
  /** The runner's socket closed; `heardAt` is its last sign of life. */
  | { type: 'disconnected'; attempt: number; heardAt: number }
  /** The runner was restarted and has sent what its earlier process had not: nothing of the attempt is missing. */
  | { type: 'recovered'; attempt: number }
  /** A sign of life at `heardAt`. */
  | { type: 'heard'; attempt: number; heardAt: number }
  | { type: 'phase'; attempt: number; phase: Phase }
  | {
      type: 'source';
      attempt: number;
      commitHash: string | null;
      commitMessage: string | null;
      branch: string | null;
    }
  | { type: 'plan'; attempt: number; plan: Plan; version: string | null }
  | { type: 'details'; attempt: number; details: ReleaseDetails }
  /** The size budgets of `appflux.json`. */
  | { type: 'budgets'; attempt: number; budgets: SizeBudget[] }
  /** The runner's word on how its attempt ended; artifacts are checked before this event is made. */
  | {
      type: 'succeeded';
      attempt: number;
      artifacts: ArtifactRecord[];
      site: DeploymentSite | null;
      sbom?: SbomRecord | null;
      /** How it compares with its size budgets; absent without budgets. */
      budgets?: SizeBudgetResult[];
    }
  | { type: 'failed'; attempt: number; failure: Failure; budgets?: SizeBudgetResult[] }
  /** The runner gave the attempt up: because it was canceled, or because the runner is stopping. */
  | { type: 'stopped'; attempt: number }
  /** The project asked not to be built this time. */
  | { type: 'skipped'; attempt: number; reason: string }
  /** The runner's credential was revoked: its lease ends now. */
  | { type: 'revoked'; runnerId: string }
  /** The runner was restarted and has removed the attempt: its lease ends now. */
  | { type: 'restarted'; runnerId: string; attempt: number }
  | { type: 'cancel'; reason: string }
  /** Someone who may deploy has approved a fork's deployment. */
  | { type: 'approve'; by: string }
  /** A pull request was opened for its commit, at whatever stage it is. */
  | { type: 'adopt'; pullRequest: PullRequestRef }
  /** Time has passed; what is due by `now` happens. `socketOpen`: the runner's socket is there right now. */
  | { type: 'tick'; socketOpen: boolean }
  | { type: 'archived'; logKey: string };

export type Effect =
  | { type: 'offer' }
  | { type: 'withdraw' }
  /** Tell the attempt's runner to stop. */
  | { type: 'cancelRunner'; attempt: number; reason: string }
  /** The attempt is not the current one any more: its socket is closed. */
  | { type: 'closeAttempt'; attempt: number }
  /** The attempt ended without its runner's word: that runner may still send lines of it. */
  | { type: 'lost'; attempt: number; runnerId: string }
  /** Remove what the attempt has put into storage. */
  | { type: 'discard'; attempt: number }
  /** A line in AppFlux's own voice; only given while no runner numbers lines. */
  | { type: 'say'; text: string }
  | { type: 'ended' };

export type Refusal = 'already_ended' | 'stale_attempt' | 'taken' | 'held' | 'needs_no_approval';

export type Outcome = { state: State; effects: Effect[] } | { refused: Refusal };

/** What `event` makes of `state` at `now` (Unix milliseconds). Never changes its arguments. */
export function step(spec: Spec, state: State, event: Event, now: number): Outcome {
  switch (event.type) {
    case 'claim':
      return claim(spec, state, event, now);
    case 'cancel':
      return cancel(state, event.reason, now);
    case 'approve':
      return approve(state, event.by, now);
    case 'adopt':
      return adopt(spec, state, event.pullRequest);
    case 'tick':
      return tick(spec, state, event.socketOpen, now);
    case 'revoked':
      return state.lease?.runner.id === event.runnerId
        ? leaseLost(spec, state, now, { what: 'was removed', mayReturn: false })
        : unchanged(state);
    case 'restarted': {
      if (hasEnded(state.status)) return { refused: 'already_ended' };
      const isCurrent = state.lease?.runner.id === event.runnerId && state.attempt === event.attempt;
      return isCurrent
        ? leaseLost(spec, state, now, { what: 'was restarted', mayReturn: false })
        : { refused: 'stale_attempt' };
    }
    case 'archived':
      return { state: { ...state, logKey: event.logKey }, effects: [] };
    default:
      return fromRunner(spec, state, event, now);
  }
}

/** When, as seen at `now`, the next `tick` could change something; null when none ever will. */
export function nextTick(spec: Spec, state: State, now: number): number | null {
  if (wentBack(state, now)) return now;
  switch (state.status) {
    case 'queued':
      return earliest(givenUpAt(spec, state), overdueAt(state), waitingFrom(spec, state));
    case 'building':
      return earliest(state.lease?.expiresAt ?? null, overdueAt(state));
    case 'canceling':
      return earliest(state.lease?.expiresAt ?? null, state.cancelBy);
    default:
      return null;
  }
}

const overdueAt = (state: State) => (state.deadlineAt === null ? null : state.deadlineAt + DEADLINE_GRACE_MS);

function earliest(...times: (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}

const unchanged = (state: State): Outcome => ({ state, effects: [] });

function claim(spec: Spec, state: State, event: Extract<Event, { type: 'claim' }>, now: number): Outcome {
  if (hasEnded(state.status)) return { refused: 'already_ended' };
  if (state.status === 'building' && state.lease?.runner.id === event.runner.id) return unchanged(state);
  if (state.status !== 'queued') return { refused: 'taken' };
  if (isHeld(state)) return { refused: 'held' };
  const lease: Lease = {
    runner: event.runner,
    token: event.token,
    expiresAt: now + LEASE_MS,
    connected: false,
  };
  // What an earlier attempt said is not what this one builds.
  const { details: _, waiting: __, sourceBudgets: ___, ...kept } = state;
  return {
    state: {
      ...kept,
      status: 'building',
      phase: 'preparing',
      phases: [{ phase: 'preparing', startedAt: now, finishedAt: null }],
      attempt: state.attempt + 1,
      lease,
      runner: isPrebuilt(spec) ? null : event.runner,
      ...(event.executor === undefined ? {} : { executor: event.executor }),
      startedAt: state.startedAt ?? now,
      deadlineAt: state.deadlineAt ?? now + spec.limits.timeoutSeconds * 1000,
    },
    effects: isPrebuilt(spec) ? announced(event.runner) : [],
  };
}

function cancel(state: State, reason: string, now: number): Outcome {
  if (hasEnded(state.status)) return { refused: 'already_ended' };
  if (state.status === 'canceling') return unchanged(state);
  if (state.status === 'queued')
    return end({ ...state, cancelReason: reason }, 'canceled', now, [{ type: 'withdraw' }]);
  return {
    state: { ...state, status: 'canceling', cancelReason: reason, cancelBy: now + CANCEL_GRACE_MS },
    effects: [{ type: 'cancelRunner', attempt: state.attempt, reason }],
  };
}

function approve(state: State, by: string, now: number): Outcome {
  if (hasEnded(state.status)) return { refused: 'already_ended' };
  if (state.approval === undefined) return { refused: 'needs_no_approval' };
  if (state.approval.state === 'approved') return unchanged(state);
  const { waiting: _, ...rest } = state;
  return {
    state: { ...rest, approval: { state: 'approved', by, at: now } },
    effects: [{ type: 'say', text: `Approved by ${by}` }, { type: 'offer' }],
  };
}

function adopt(spec: Spec, state: State, pullRequest: PullRequestRef): Outcome {
  const { number, title, url } = state.pullRequest ?? spec.pullRequest ?? {};
  const isKnown = number === pullRequest.number && title === pullRequest.title && url === pullRequest.url;
  return isKnown ? unchanged(state) : { state: { ...state, pullRequest }, effects: [] };
}

function tick(spec: Spec, state: State, socketOpen: boolean, now: number): Outcome {
  const steady = settled(state, socketOpen, now);
  if (steady !== state) return { state: steady, effects: [] };
  const due = (time: number | null) => time !== null && time <= now;
  switch (state.status) {
    case 'queued':
      if (due(overdueAt(state))) return fail(state, overtime(spec, state), now, [{ type: 'withdraw' }]);
      if (due(givenUpAt(spec, state))) {
        if (isHeld(state)) {
          const cancelReason = 'nobody approved it within 30 days';
          return end({ ...state, cancelReason }, 'canceled', now, [{ type: 'withdraw' }]);
        }
        const waited = failure('no_runner', 'No runner claimed this deployment within a day');
        return fail(state, waited, now, [{ type: 'withdraw' }]);
      }
      return due(waitingFrom(spec, state))
        ? {
            state: { ...state, waiting: { reason: 'runner', since: queuedSince(spec, state) } },
            effects: [],
          }
        : unchanged(state);
    case 'building':
      if (due(overdueAt(state))) {
        const { attempt } = state;
        return fail(state, overtime(spec, state), now, [
          ...(state.lease?.connected ? [] : missing(state, false)),
          { type: 'cancelRunner', attempt, reason: 'The time limit is over' },
          { type: 'closeAttempt', attempt },
          { type: 'discard', attempt },
        ]);
      }
      return due(state.lease?.expiresAt ?? null)
        ? leaseRanOut(spec, state, socketOpen, now)
        : unchanged(state);
    case 'canceling':
      return due(state.cancelBy) || due(state.lease?.expiresAt ?? null)
        ? canceled(state, now)
        : unchanged(state);
    default:
      return unchanged(state);
  }
}

function leaseRanOut(spec: Spec, state: State, socketOpen: boolean, now: number): Outcome {
  // A socket that was open and whose close was never seen was lost with the object itself (a deploy of the
  // Worker, a crash): that is not the runner's fault, and it gets one lease's time to come back.
  if (state.lease?.connected && !socketOpen) {
    const lease = { ...state.lease, connected: false, expiresAt: now + LEASE_MS };
    return { state: { ...state, lease }, effects: [] };
  }
  const what = `gave no sign of life for ${LEASE_MS / 1000} seconds`;
  return leaseLost(spec, state, now, { what, mayReturn: true });
}

/** The current attempt is over without a result: try again, or give up. */
function leaseLost(
  spec: Spec,
  state: State,
  now: number,
  { what, mayReturn }: { readonly what: string; readonly mayReturn: boolean },
): Outcome {
  if (state.status === 'canceling') return canceled(state, now);
  const { attempt } = state;
  const most = spec.maxAttempts + (state.returned ?? 0);
  const isLast = attempt >= most;
  const gone: Effect[] = [
    { type: 'closeAttempt', attempt },
    { type: 'discard', attempt },
    ...missing(state, mayReturn && !isLast),
  ];
  const name = state.lease?.runner.name ?? 'that had this build';
  if (isPrebuilt(spec)) return fail(state, interrupted(state, what), now, gone);
  if (isLast) {
    const tries = attempt === 1 ? '1 attempt' : `${attempt} attempts`;
    return fail(
      state,
      failure('runner_lost', `The runner ${name} ${what}; ${tries} made`, state.phase),
      now,
      gone,
    );
  }
  return {
    state: { ...state, status: 'queued', phase: null, phases: [], lease: null, queuedAt: now },
    effects: [
      ...lost(state),
      ...gone,
      {
        type: 'say',
        text: `The runner ${name} ${what}. Waiting for attempt ${attempt + 1} of ${most}.`,
      },
      { type: 'offer' },
    ],
  };
}

/** Lines that the runner has kept may still come, if it has any. */
const lost = ({ attempt, lease }: State): Effect[] =>
  lease?.output === 'open' ? [{ type: 'lost', attempt, runnerId: lease.runner.id }] : [];

function overtime(spec: Spec, state: State): Failure {
  const minutes = Math.round(spec.limits.timeoutSeconds / 6) / 10;
  return failure(
    'build_timeout',
    `The deployment took longer than its limit of ${minutes} minutes`,
    state.phase,
  );
}

type RunnerEvent = Exclude<
  Event,
  { type: 'claim' | 'cancel' | 'approve' | 'adopt' | 'tick' | 'revoked' | 'restarted' | 'archived' }
>;

function fromRunner(spec: Spec, state: State, event: RunnerEvent, now: number): Outcome {
  if (hasEnded(state.status)) return { refused: 'already_ended' };
  const { lease } = state;
  if (lease === null || event.attempt !== state.attempt) return { refused: 'stale_attempt' };
  switch (event.type) {
    case 'connected':
      return {
        state: {
          ...settled(state, true, now),
          lease: { ...lease, connected: true, expiresAt: now + LEASE_MS, output: 'open' },
        },
        effects: [],
      };
    case 'recovered':
      return { state: { ...state, lease: { ...lease, output: 'complete' } }, effects: [] };
    case 'disconnected':
      return {
        state: { ...state, lease: { ...renewed(lease, event.heardAt, now), connected: false } },
        effects: [],
      };
    case 'heard': {
      const steady = settled(state, true, now);
      const { expiresAt } = steady.lease ?? lease;
      return {
        state: { ...steady, lease: renewed({ ...lease, expiresAt }, event.heardAt, now) },
        effects: [],
      };
    }
    case 'phase':
      return { state: enterPhase(state, event.phase, now), effects: [] };
    case 'source':
      return {
        state: {
          ...state,
          commitHash: event.commitHash ?? state.commitHash,
          commitMessage: event.commitMessage ?? state.commitMessage,
          branch: event.branch ?? state.branch,
        },
        effects: [],
      };
    case 'plan':
      return { state: { ...state, plan: event.plan, version: event.version }, effects: [] };
    case 'details':
      return { state: { ...state, details: event.details }, effects: [] };
    case 'budgets':
      return { state: { ...state, sourceBudgets: event.budgets }, effects: [] };
    case 'stopped':
      return answered(
        isPrebuilt(spec)
          ? canceled({ ...state, cancelReason: state.cancelReason ?? 'the delivery was stopped' }, now)
          : stopped(spec, state, now),
      );
    case 'skipped':
      return answered(canceled({ ...state, cancelReason: state.cancelReason ?? event.reason }, now));
    case 'succeeded':
      // After we report `canceling`, we never report success.
      if (state.status === 'canceling') return answered(canceled(state, now));
      return end(delivered(state, event), 'success', now, []);
    case 'failed':
      if (state.status === 'canceling') return answered(canceled(state, now));
      return fail(checked(state, event), event.failure, now, [{ type: 'discard', attempt: state.attempt }]);
  }
}

/**
 * The runner has given the attempt up, after it sent all lines of it. That doesn't count as one of the attempts, or
 * restarts of a runner could fail a long build. The deadline limits how often it can happen.
 */
function stopped(spec: Spec, state: State, now: number): Outcome {
  const { lease } = state;
  const complete: State = {
    ...state,
    returned: (state.returned ?? 0) + 1,
    lease: lease && { ...lease, output: 'complete' },
  };
  const what = 'stopped before the build was over';
  return leaseLost(spec, complete, now, { what, mayReturn: false });
}

/** What the runner's own word brought about: it gets an answer, so its socket is not cut off before. */
const answered = (outcome: Outcome): Outcome =>
  'refused' in outcome
    ? outcome
    : { ...outcome, effects: outcome.effects.filter((effect) => effect.type !== 'closeAttempt') };

/** What an attempt has delivered, in the state of its deployment. */
const delivered = (state: State, event: Extract<Event, { type: 'succeeded' }>): State => {
  const { artifacts, site, sbom = null } = event;
  return { ...checked(state, event), artifacts, site, ...(sbom === null ? {} : { sbom }) };
};

/** How an attempt compares with its size budgets, in the state of its deployment. */
const checked = (state: State, { budgets }: { readonly budgets?: SizeBudgetResult[] }): State =>
  budgets === undefined ? state : { ...state, budgets };

/** A lease that was renewed at `heardAt`: it never gets shorter, and no clock can push it beyond one term. */
function renewed(lease: Lease, heardAt: number, now: number): Lease {
  return { ...lease, expiresAt: Math.max(lease.expiresAt, Math.min(heardAt, now) + LEASE_MS) };
}

/** A runner that changes phases without end is not followed: its attempt stays in the last one. */
function enterPhase(state: State, phase: Phase, now: number): State {
  if (state.phase === phase || state.phases.length >= MAX_PHASES) return state;
  return {
    ...state,
    phase,
    phases: [...closePhases(state, now), { phase, startedAt: now, finishedAt: null }],
  };
}

const closePhases = (state: State, now: number) =>
  state.phases.map((span) => (span.finishedAt === null ? { ...span, finishedAt: now } : span));

function canceled(state: State, now: number): Outcome {
  const { attempt } = state;
  return end(state, 'canceled', now, [
    { type: 'closeAttempt', attempt },
    { type: 'discard', attempt },
  ]);
}

const fail = (state: State, why: Failure, now: number, effects: Effect[]): Outcome =>
  end({ ...state, failure: why }, 'failed', now, effects);

function end(
  state: State,
  status: 'success' | 'failed' | 'canceled',
  now: number,
  effects: Effect[],
): Outcome {
  const { waiting: _, ...rest } = state;
  return {
    state: {
      ...rest,
      status,
      phase: null,
      phases: closePhases(state, now),
      lease: null,
      cancelBy: null,
      finishedAt: now,
    },
    effects: [...effects, ...lastWords(state, status), { type: 'ended' }],
  };
}
