/** A collector for tests: takes traces by OTLP over HTTP as JSON, and can refuse them. */
import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const AttributeValue = z.looseObject({
  stringValue: z.string().optional(),
  intValue: z.union([z.string(), z.number()]).optional(),
});
const Attributes = z.array(z.looseObject({ key: z.string(), value: AttributeValue })).default([]);

/** The parts of ExportTraceServiceRequest that tests look at: opentelemetry/proto/collector/trace/v1/trace_service.proto. */
const Request = z.looseObject({
  resourceSpans: z.array(
    z.looseObject({
      resource: z.looseObject({ attributes: Attributes }),
      scopeSpans: z.array(
        z.looseObject({
          spans: z.array(
            z.looseObject({
              traceId: z.string().regex(/^[0-9a-f]{32}$/),
              spanId: z.string().regex(/^[0-9a-f]{16}$/),
              parentSpanId: z.string().optional(),
              name: z.string().min(1),
              startTimeUnixNano: z.string().regex(/^\d+$/).transform(BigInt),
              endTimeUnixNano: z.string().regex(/^\d+$/).transform(BigInt),
              attributes: Attributes,
              status: z.looseObject({ code: z.number().optional(), message: z.string().optional() }),
            }),
          ),
        }),
      ),
    }),
  ),
});

export interface ReceivedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly start: bigint;
  readonly end: bigint;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface OtlpSink {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** All bodies as they came. */
  readonly bodies: readonly string[];
  readonly headers: readonly NodeJS.Dict<string | string[]>[];
  /** What the next requests are answered with; null for success. */
  refuseWith: number | null;
  readonly refused: number;
  /** Whether the next requests get no answer at all. */
  hold: boolean;
  /** The spans of those requests, as often as they came. */
  readonly held: readonly ReceivedSpan[];
  /** Accepts the requests that got no answer, and all further ones. */
  release(): void;
  stop(): Promise<void>;
}

export async function startOtlpSink(): Promise<OtlpSink> {
  const spans: ReceivedSpan[] = [];
  const held: ReceivedSpan[] = [];
  const unanswered: ServerResponse[] = [];
  const bodies: string[] = [];
  const headers: NodeJS.Dict<string | string[]>[] = [];
  let refused = 0;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (request.method !== 'POST' || request.url !== '/v1/traces') {
      response.writeHead(404).end();
      return;
    }
    if (sink.hold) {
      held.push(...received(body));
      unanswered.push(response);
      return;
    }
    if (sink.refuseWith !== null) {
      refused += 1;
      response.writeHead(sink.refuseWith, { 'retry-after': '1' }).end();
      return;
    }
    bodies.push(body);
    headers.push(request.headers);
    spans.push(...received(body));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the sink has no port');
  const sink: OtlpSink = {
    url: `http://127.0.0.1:${address.port}`,
    spans,
    bodies,
    headers,
    refuseWith: null,
    hold: false,
    held,
    release: () => {
      sink.hold = false;
      for (const response of unanswered.splice(0))
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    },
    get refused() {
      return refused;
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return sink;
}

function received(body: string): ReceivedSpan[] {
  return Request.parse(JSON.parse(body)).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = textOf(resource.attributes)['service.name'] ?? '';
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        service,
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        name: span.name,
        start: span.startTimeUnixNano,
        end: span.endTimeUnixNano,
        failed: span.status.code === 2,
        attributes: textOf(span.attributes),
      })),
    );
  });
}

const textOf = (attributes: z.infer<typeof Attributes>): Record<string, string> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, String(value.stringValue ?? value.intValue ?? '')]),
  );
