import { describe, expect, test } from 'vitest';
import { traceTarget, traceUrl } from './target.ts';

describe('where traces go', () => {
  test('is nowhere unless an address is set', () => {
    expect(traceTarget({})).toBeNull();
    expect(traceTarget({ OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_EXPORTER_OTLP_HEADERS: 'a=b' })).toBeNull();
  });

  test('is below the base address, or exactly the address of traces', () => {
    const base = 'https://otlp.example.com/otlp/';
    expect(traceTarget({ OTEL_EXPORTER_OTLP_ENDPOINT: base })?.url).toBe(
      'https://otlp.example.com/otlp/v1/traces',
    );
    expect(
      traceTarget({
        OTEL_EXPORTER_OTLP_ENDPOINT: base,
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/mine',
      })?.url,
    ).toBe('http://127.0.0.1:4318/mine');
  });

  test.each(['otlp.example.com:4317', 'grpc://otlp.example.com', 'file:///etc/passwd'])(
    'is nowhere for %s, which cannot be sent to',
    (address) => {
      expect(traceTarget({ OTEL_EXPORTER_OTLP_ENDPOINT: address })).toBeNull();
    },
  );

  test('has the headers that are set, decoded', () => {
    const headersOf = (text: string) =>
      traceTarget({
        OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.example.com',
        OTEL_EXPORTER_OTLP_HEADERS: text,
      })?.headers;
    expect(headersOf('authorization=Basic%20dXNlcjpwYXNz, x-scope = a=b ')).toEqual({
      authorization: 'Basic dXNlcjpwYXNz',
      'x-scope': 'a=b',
    });
    expect(headersOf('key=100%')).toEqual({ key: '100%' });
    expect(headersOf('=nothing,,alone')).toEqual({});
  });
});

test('a trace is linked by the template, if there is one', () => {
  expect(traceUrl('https://traces.example.com/{traceId}/{traceId}', 'ab')).toBe(
    'https://traces.example.com/ab/ab',
  );
  expect(traceUrl(undefined, 'ab')).toBeNull();
  expect(traceUrl('', 'ab')).toBeNull();
});
