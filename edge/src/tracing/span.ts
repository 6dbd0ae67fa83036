/** A span as the control plane makes it: after the fact, from times that it knows. */
import { traceOf } from '@appflux/protocol';
import { type Attributes, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { withoutSecrets } from '../journal.ts';

/** The longest error of a span, in UTF-16 units. */
const LONGEST_ERROR = 500;

export interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Null for the root. */
  readonly parentSpanId: string | null;
  /** Unix milliseconds. */
  readonly start: number;
  readonly end: number;
  readonly kind?: 'internal' | 'server' | 'consumer';
  /** What went wrong; absent if nothing did. */
  readonly error?: string;
  readonly attributes: Attributes;
}

const KINDS = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, consumer: SpanKind.CONSUMER };

/** A new id for a span that no other refers to: 16 hex digits. */
const newSpanId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );

/** A span right below the one of the whole deployment. `start` and `end` in Unix milliseconds. */
export function childSpan(
  deploymentId: string,
  name: string,
  start: number,
  end: number,
  attributes: Attributes = {},
): Span {
  const { traceId, rootSpanId } = traceOf(deploymentId);
  return { name, traceId, spanId: newSpanId(), parentSpanId: rootSpanId, start, end, attributes };
}

const hrTime = (ms: number): [number, number] => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];

/** The span in the shape that OpenTelemetry’s serializer takes. */
export function readable(span: Span, resource: Resource, version: string): ReadableSpan {
  const { traceId, spanId, parentSpanId, start, end, error } = span;
  const context = (id: string) => ({ traceId, spanId: id, traceFlags: TraceFlags.SAMPLED });
  return {
    name: span.name,
    kind: KINDS[span.kind ?? 'internal'],
    spanContext: () => context(spanId),
    ...(parentSpanId === null ? {} : { parentSpanContext: context(parentSpanId) }),
    startTime: hrTime(start),
    // A clock that was set back would make a span end before it began, which collectors refuse.
    endTime: hrTime(Math.max(start, end)),
    duration: hrTime(Math.max(0, end - start)),
    status:
      error === undefined
        ? { code: SpanStatusCode.UNSET }
        : {
            code: SpanStatusCode.ERROR,
            message: withoutSecrets(error).slice(0, LONGEST_ERROR).toWellFormed(),
          },
    attributes: span.attributes,
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: { name: '@appflux/edge', version },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
