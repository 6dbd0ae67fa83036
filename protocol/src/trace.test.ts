import fc from 'fast-check';
import { expect, test } from 'vitest';
import { traceOf } from './trace.ts';

const deploymentId = fc
  .uint8Array({ minLength: 12, maxLength: 12 })
  .map((bytes) => Buffer.from(bytes).toString('hex'))
  .filter((id) => !/^0+$/.test(id.slice(-14)));

test('a deployment’s trace has valid ids, which are the same each time', () => {
  fc.assert(
    fc.property(deploymentId, fc.integer({ min: 1, max: 255 }), (id, attempt) => {
      const { traceId, rootSpanId, attemptSpanId } = traceOf(id);
      expect(traceId).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
      for (const spanId of [rootSpanId, attemptSpanId(attempt)])
        expect(spanId).toMatch(/^(?!0+$)[0-9a-f]{16}$/);
      expect(attemptSpanId(attempt)).not.toBe(rootSpanId);
      expect(traceOf(id).attemptSpanId(attempt)).toBe(attemptSpanId(attempt));
    }),
  );
});

test('deployments and attempts have different spans', () => {
  fc.assert(
    fc.property(deploymentId, deploymentId, (a, b) => {
      fc.pre(a.slice(-14) !== b.slice(-14));
      expect(traceOf(a).traceId).not.toBe(traceOf(b).traceId);
      expect(traceOf(a).rootSpanId).not.toBe(traceOf(b).rootSpanId);
    }),
  );
  const { attemptSpanId } = traceOf('65f0c0ffee0123456789abcd');
  expect(new Set([1, 2, 3, 255].map(attemptSpanId)).size).toBe(4);
  expect(attemptSpanId(1000)).toBe(attemptSpanId(255));
});
