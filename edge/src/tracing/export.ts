/**
 * Sends spans to a collector, by OTLP over HTTP as JSON. A trace is worth a few attempts, and no deployment waits for it: what
 * cannot be sent is reported in the Worker's log and dropped.
 * Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */

import { waitUntil } from 'cloudflare:workers';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { VERSION } from '../version.ts';
import { readable, type Span } from './span.ts';
import { type TraceTarget, traceTarget } from './target.ts';

/** How long a collector may take to answer, in milliseconds. */
const ANSWER_MS = 10_000;

/** The pauses before the second and third attempt, in milliseconds. */
const PAUSES_MS = [1000, 5000];

/** The statuses after which OTLP has a client try again. */
const AGAIN = new Set([429, 502, 503, 504]);

/** Sends the spans in the background, if the instance sends traces at all. `spans` is only called then. Never throws. */
export function trace(env: Env, spans: () => readonly Span[]): void {
  const target = traceTarget(env);
  if (target === null) return;
  try {
    const made = spans();
    if (made.length > 0) waitUntil(send(target, made));
  } catch (error) {
    // It is called in the middle of a deployment's changes, which are worth more.
    journal.error('the spans of a trace could not be made', error);
  }
}

/** Sends the spans; never throws. */
async function send(target: TraceTarget, spans: readonly Span[]): Promise<void> {
  const resource = resourceFromAttributes({
    'service.name': 'appflux-edge',
    'service.version': VERSION,
  });
  const body = JsonTraceSerializer.serializeRequest(spans.map((span) => readable(span, resource, VERSION)));
  for (const pause of [...PAUSES_MS, null]) {
    const failed = await attempt(target, body);
    if (failed === null) return;
    if (pause === null || !failed.again) {
      journal.error(`${spans.length} spans of a trace were dropped: the collector ${failed.why}`);
      return;
    }
    await scheduler.wait(pause);
  }
}

async function attempt(
  { url, headers }: TraceTarget,
  body: Uint8Array | undefined,
): Promise<{ why: string; again: boolean } | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: body ?? null,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await response.body?.cancel();
    return response.ok
      ? null
      : { why: `answered with ${response.status}`, again: AGAIN.has(response.status) };
  } catch (error) {
    return { why: `did not answer (${error instanceof Error ? error.message : 'unknown'})`, again: true };
  }
}
