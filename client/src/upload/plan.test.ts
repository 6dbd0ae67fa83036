import type { UploadGrant } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planParts } from './plan.ts';

const grant = (partSize: number, count: number): UploadGrant => ({
  uploadId: '66f2a1c04b7e9d0012345678',
  partSize,
  parts: Array.from({ length: count }, (_, index) => ({
    partNumber: index + 1,
    url: `http://127.0.0.1/part/${index + 1}`,
  })),
});

describe('an upload plan', () => {
  test('covers every byte once, in order, whatever order the grant names its parts in', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 500 }), (size, partSize) => {
        const given = grant(partSize, Math.ceil(size / partSize));
        const parts = planParts(size, { ...given, parts: given.parts.toReversed() });
        let at = 0;
        for (const part of parts) {
          expect(part.start).toBe(at);
          at = part.end;
        }
        expect(at).toBe(size);
      }),
    );
  });

  test.each([
    ['too few parts', grant(100, 2)],
    ['too many parts', grant(100, 4)],
    ['a part left out', { ...grant(100, 3), parts: grant(100, 3).parts.filter((p) => p.partNumber !== 2) }],
  ])('with %s is refused', (_name, given) => {
    expect(() => planParts(250, given)).toThrow('doesn’t match');
  });
});
