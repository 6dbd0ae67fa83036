import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { trace } from './export.ts';

const traced = { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };

test('spans that can’t be made stop nothing', () => {
  expect(() =>
    trace(traced, () => {
      throw new RangeError('Invalid time value');
    }),
  ).not.toThrow();
});

test('an instance that sends no traces makes none', () => {
  trace({ ...env, OTEL_EXPORTER_OTLP_ENDPOINT: '' }, () => {
    throw new Error('was called');
  });
});
