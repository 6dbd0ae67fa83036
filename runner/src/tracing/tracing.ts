/**
 * Sends the spans of attempts by OTLP over HTTP, with OpenTelemetry's SDK. Its own variables say where to; without any of
 * them nothing is loaded and nothing is sent.
 * Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
import { type AttemptRef, traceOf } from '@appflux/protocol';
import type { Tracer } from '@opentelemetry/api';
import { describeError, type Journal } from '../journal.ts';
import { JobFailure } from '../step-context.ts';
import { Stopped } from '../stop.ts';
import { VERSION } from '../version.ts';
import { type Attributes, type Span, type Trace, UNTRACED } from './trace.ts';

/** How long the end of a runner waits for its last spans, in milliseconds. */
const FLUSH_MS = 3000;

export interface Tracing {
  /** Where the steps of an attempt begin their spans. */
  attempt(ref: AttemptRef): Trace;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** Sends nothing. */
export const NO_TRACING: Tracing = { attempt: () => UNTRACED, close: async () => undefined };

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether the environment says where traces go. */
export const isTraced = (env: Environment): boolean =>
  env.OTEL_SDK_DISABLED?.toLowerCase() !== 'true' &&
  Boolean(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT);

/** The tracing that the environment asks for. `runner` names this one in every span. */
export async function openTracing(
  env: Environment,
  runner: { id: string; name: string },
  journal: Journal,
): Promise<Tracing> {
  if (!isTraced(env)) return NO_TRACING;
  const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const exporter = new OTLPTraceExporter();
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'appflux-runner',
      'service.version': VERSION,
      'cicd.worker.id': runner.id,
      'cicd.worker.name': runner.name,
    }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: 1000 })],
  });
  const tracer = provider.getTracer('@appflux/runner', VERSION);
  const root = api.ROOT_CONTEXT;
  return {
    attempt: ({ deploymentId, attempt }) => {
      const { traceId, attemptSpanId } = traceOf(deploymentId);
      const parent = {
        traceId,
        spanId: attemptSpanId(attempt),
        traceFlags: api.TraceFlags.SAMPLED,
        isRemote: true,
      };
      return below(tracer, api.trace.setSpanContext(root, parent), api);
    },
    close: async () => {
      try {
        await provider.forceFlush({ timeoutMillis: FLUSH_MS });
        await provider.shutdown();
      } catch (error) {
        journal.warn('The last spans of traces could not be sent', { error: describeError(error) });
      }
    },
  };
}

type Api = typeof import('@opentelemetry/api');

/** Begins spans below the one of `context`. */
const below = (tracer: Tracer, context: ReturnType<Api['trace']['setSpan']>, api: Api): Trace => ({
  begin: (name: string, attributes: Attributes = {}): Span => {
    const span = tracer.startSpan(name, { attributes: { ...attributes } }, context);
    return {
      ...below(tracer, api.trace.setSpan(context, span), api),
      end: (error) => {
        if (error !== undefined) {
          span.setAttribute('error.type', errorType(error));
          span.setStatus({ code: api.SpanStatusCode.ERROR });
        }
        span.end();
      },
    };
  },
});

/** What kind of error it was: the code of a failed job, the reason of a stop, else the error's name. */
function errorType(error: unknown): string {
  if (error instanceof JobFailure) return error.code;
  if (error instanceof Stopped) return error.kind;
  return error instanceof Error ? error.name : typeof error;
}
