import { resourceFromAttributes } from '@opentelemetry/resources';
import { expect, test } from 'vitest';
import { childSpan, readable } from './span.ts';

const resource = resourceFromAttributes({});
const ID = '66f2a1c04b7e9d0012345678';

test('an error of a span has no secrets, and is not longer than a line', () => {
  const error = `MongoError: mongodb://appflux:pass-word@db.example.com refused ${'x'.repeat(5000)}`;
  const { status } = readable({ ...childSpan(ID, 'deploy-queue offer', 1, 2), error }, resource, '1');
  expect(status.message).toMatch(/^MongoError: mongodb:\/\/\*\*\*@db\.example\.com refused x+$/);
  expect(status.message?.length).toBeLessThanOrEqual(500);
});

test('a span without an error has no message', () => {
  expect(readable(childSpan(ID, 'create', 1, 2), resource, '1').status.message).toBeUndefined();
});
