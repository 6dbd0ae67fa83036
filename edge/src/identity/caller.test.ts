import type { Scope } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { type Caller, mayUse, requireScope } from './caller.ts';

test.each<[Scope[], Scope, boolean]>([
  [['apps:read'], 'apps:read', true],
  [['apps:write'], 'apps:read', true],
  [['apps:read'], 'apps:write', false],
  [['apps:write'], 'variables:write', true],
  [['variables:write'], 'apps:write', false],
  [['variables:write'], 'apps:read', false],
  [['deployments:write'], 'deployments:read', true],
  [['deployments:write'], 'apps:read', false],
  [['runners:write'], 'runners:write', true],
  [['admin'], 'runners:write', true],
  [['apps:write', 'deployments:write', 'runners:write'], 'admin', false],
  [[], 'apps:read', false],
])('a caller with %j may use %s: %s', (scopes, needed, may) => {
  expect(mayUse(new Set(scopes), needed)).toBe(may);
  const facts = { kind: 'token', id: '', userId: null, ownerId: '', name: '', role: null } as const;
  const caller: Caller = { ...facts, scopes: new Set(scopes) };
  if (may) requireScope(caller, needed);
  else expect(() => requireScope(caller, needed)).toThrow(expect.objectContaining({ code: 'forbidden' }));
});
