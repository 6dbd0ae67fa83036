/**
 * The spans of a deployment in the control plane: pure functions of what changes. The names of attributes are those of
 * OpenTelemetry's conventions for CI/CD, https://opentelemetry.io/docs/specs/semconv/registry/attributes/cicd/
 */
import { hasEnded, traceOf } from '@appflux/protocol';
import type { Attributes } from '@opentelemetry/api';
import { childSpan, type Span } from '../tracing/span.ts';
import { isPrebuilt } from './prebuilt.ts';
import type { Spec, State } from './state.ts';

/** `cicd.pipeline.result`. */
const RESULTS = { success: 'success', failed: 'failure', canceled: 'cancellation' } as const;

/**
 * The spans that end as the deployment goes from one state to the next at `now`: the wait for a runner, an attempt, and
 * with its end the whole.
 */
export function spansOfChange(spec: Spec, before: State, after: State, now: number): Span[] {
  const spans: Span[] = [];
  // A prebuilt output waits for nobody.
  if (after.attempt > before.attempt && !isPrebuilt(spec)) spans.push(wait(spec, before, after, now));
  if (before.lease !== null && after.lease === null) spans.push(attempt(spec, before, after, now));
  if (!hasEnded(before.status) && hasEnded(after.status)) spans.push(whole(spec, after, now));
  return spans;
}

/** The request that created the deployment, until its job was on its way to the runners. */
export const spanOfCreation = (spec: Spec, end: number): Span =>
  childSpan(spec.id, 'create', spec.createdAt, end, { 'appflux.trigger': spec.trigger });

/** Putting the log into storage. */
export const spanOfArchive = (deploymentId: string, start: number, end: number, lines: number): Span =>
  childSpan(deploymentId, 'archive log', start, end, { 'appflux.log.lines': lines });

/** What the object does outside of itself. `error`: why it could not be done. */
export const spanOfTask = (
  deploymentId: string,
  name: string,
  start: number,
  end: number,
  error?: unknown,
): Span => ({
  ...childSpan(deploymentId, name, start, end),
  ...(error === undefined ? {} : { error: String(error) }),
});

const wait = (spec: Spec, before: State, after: State, now: number): Span =>
  childSpan(spec.id, 'wait for a runner', before.queuedAt ?? spec.createdAt, now, {
    'appflux.attempt': after.attempt,
    'appflux.labels': spec.build.labels,
  });

/** The attempt's own word on its result is in the state after it; without one it was lost. */
function attempt(spec: Spec, before: State, after: State, now: number): Span {
  const { traceId, rootSpanId, attemptSpanId } = traceOf(spec.id);
  const isLost = !hasEnded(after.status);
  const error = isLost ? 'The attempt ended without a result' : errorOf(after);
  return {
    name: `attempt ${before.attempt}`,
    traceId,
    spanId: attemptSpanId(before.attempt),
    parentSpanId: rootSpanId,
    start: before.phases[0]?.startedAt ?? now,
    end: now,
    ...(error === undefined ? {} : { error }),
    attributes: {
      'appflux.attempt': before.attempt,
      ...(before.runner === null
        ? {}
        : { 'cicd.worker.id': before.runner.id, 'cicd.worker.name': before.runner.name }),
      ...(isLost ? { 'error.type': 'attempt_lost' } : failureType(after)),
    },
  };
}

function whole(spec: Spec, state: State, now: number): Span {
  const { traceId, rootSpanId } = traceOf(spec.id);
  const error = errorOf(state);
  return {
    name: `deploy ${spec.app.slug}`,
    traceId,
    spanId: rootSpanId,
    parentSpanId: null,
    start: spec.createdAt,
    end: now,
    kind: 'server',
    ...(error === undefined ? {} : { error }),
    attributes: {
      'cicd.pipeline.name': spec.app.slug,
      'cicd.pipeline.run.id': spec.id,
      ...(state.status in RESULTS
        ? { 'cicd.pipeline.result': RESULTS[state.status as keyof typeof RESULTS] }
        : {}),
      'deployment.environment.name': spec.environment,
      'appflux.trigger': spec.trigger,
      'appflux.attempt': state.attempt,
      ...(state.branch === null ? {} : { 'vcs.ref.head.name': state.branch }),
      ...(state.commitHash === null ? {} : { 'vcs.ref.head.revision': state.commitHash }),
      ...failureType(state),
    },
  };
}

const errorOf = ({ failure }: State): string | undefined => failure?.message;

const failureType = ({ failure }: State): Attributes =>
  failure === null ? {} : { 'error.type': failure.code };
