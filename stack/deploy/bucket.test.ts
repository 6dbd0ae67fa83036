import { expect, test } from 'vitest';
import { type CorsRule, withCors, withLifecycle } from './bucket.ts';

const ORIGIN = 'https://apps.example.com';
const OTHER: CorsRule = { allowed: { origins: ['https://other.example.com'], methods: ['GET'] } };

test('a rule is added once, and rules of others stay', () => {
  const rules = withCors([OTHER], ORIGIN);
  expect(rules).toEqual([OTHER, expect.objectContaining({ exposeHeaders: ['ETag'] })]);
  expect(withCors(rules ?? [], ORIGIN)).toBeNull();
  expect(withCors(rules ?? [], 'https://moved.example.com')).toHaveLength(3);
});

test.each([
  [
    'another method',
    { allowed: { origins: [ORIGIN], methods: ['GET'], headers: ['*'] }, exposeHeaders: ['ETag'] },
  ],
  ['no headers', { allowed: { origins: [ORIGIN], methods: ['PUT'] }, exposeHeaders: ['ETag'] }],
  ['a hidden ETag', { allowed: { origins: [ORIGIN], methods: ['PUT'], headers: ['*'] } }],
  [
    'a longer origin',
    {
      allowed: { origins: [`${ORIGIN}.evil.net`], methods: ['PUT'], headers: ['*'] },
      exposeHeaders: ['ETag'],
    },
  ],
] as [string, CorsRule][])('a rule with %s is not enough', (_name, rule) => {
  expect(withCors([rule], ORIGIN)).toHaveLength(2);
});

test('a rule for any origin is enough', () => {
  const rule = {
    allowed: { origins: ['*'], methods: ['PUT', 'GET'], headers: ['*'] },
    exposeHeaders: ['etag'],
  };
  expect(withCors([rule], ORIGIN)).toBeNull();
});

test('unfinished uploads are removed by our rule, unless the bucket has one', () => {
  const expire = { id: 'expire', enabled: true, deleteObjectsTransition: {} };
  const rules = withLifecycle([expire]);
  expect(rules).toEqual([expire, expect.objectContaining({ id: 'appflux-abort-uploads' })]);
  expect(withLifecycle(rules ?? [])).toBeNull();
  expect(withLifecycle([{ ...(rules?.[1] ?? { id: '' }), enabled: false }])).toHaveLength(1);
  const usual = {
    id: 'Default Multipart Abort Rule',
    enabled: true,
    conditions: {},
    abortMultipartUploadsTransition: { condition: { type: 'Age', maxAge: 604_800 } },
  };
  expect(withLifecycle([usual])).toBeNull();
  expect(withLifecycle([{ ...usual, enabled: false }])).toHaveLength(2);
  expect(withLifecycle([{ ...usual, conditions: { prefix: 'a/' } }])).toHaveLength(2);
});
