/**
 * Where spans are sent, by the variables that OpenTelemetry gives to every exporter.
 * Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';

export interface TraceTarget {
  /** Takes OTLP over HTTP as JSON. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Variables = Pick<
  Env,
  'OTEL_EXPORTER_OTLP_ENDPOINT' | 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT' | 'OTEL_EXPORTER_OTLP_HEADERS'
>;

/** Where this instance sends its spans; null if it does not. An address that is none is reported and ignored. */
export function traceTarget(env: Variables): TraceTarget | null {
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const given =
    env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || (base ? `${base.replace(/\/+$/, '')}/v1/traces` : '');
  if (given === '') return null;
  const url = URL.parse(given);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    journal.error('OTEL_EXPORTER_OTLP_ENDPOINT is not an http or https address: no traces are sent');
    return null;
  }
  return { url: url.href, headers: headersOf(env.OTEL_EXPORTER_OTLP_HEADERS ?? '') };
}

/** Headers in the form of W3C Baggage: `name=value,other=value`, percent-encoded. Entries without a name are left out. */
function headersOf(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const entry of text.split(',')) {
    const at = entry.indexOf('=');
    const name = entry.slice(0, at).trim();
    if (at > 0 && name !== '') headers[name] = decoded(entry.slice(at + 1).trim());
  }
  return headers;
}

/** A value that is not percent-encoded is taken as it is. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** Where people see the trace with this id, by a template with `{traceId}`; null if none is set. */
export const traceUrl = (template: string | undefined, traceId: string): string | null =>
  template ? template.replaceAll('{traceId}', traceId) : null;
