/**
 * The trace of a deployment. Edge and runner make its ids from the deployment's id by themselves, so that the spans of both
 * are one trace without any of it being sent or kept.
 */

/** The ids of a trace and of the spans in it that others are children of, in hex. */
export interface DeploymentTrace {
  /** 32 digits. */
  readonly traceId: string;
  /** The span of the whole deployment, 16 digits. */
  readonly rootSpanId: string;
  /** The span of an attempt, numbered from 1; 16 digits. */
  readonly attemptSpanId: (attempt: number) => string;
}

/** How many attempts have a span id of their own: the last byte of it. */
const ATTEMPTS = 0xff;

/**
 * The trace of the deployment with this id (24 hex digits). The random bytes of the id come last in the trace's: samplers
 * decide by those.
 * Source: W3C Trace Context §3.2.2, https://www.w3.org/TR/trace-context/#traceparent-header-field-values
 */
export function traceOf(deploymentId: string): DeploymentTrace {
  const ending = (byte: number) => deploymentId.slice(-14) + byte.toString(16).padStart(2, '0');
  return {
    traceId: deploymentId.padStart(32, '0'),
    rootSpanId: ending(0),
    attemptSpanId: (attempt) => ending(Math.min(attempt, ATTEMPTS)),
  };
}
