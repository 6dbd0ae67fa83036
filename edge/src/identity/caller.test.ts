import type { Scope } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { type Caller, mayUse, requireScope } from './caller.ts';

test.each<[Scope[], Scope, boolean]>([
  [['apps:read'], 'apps:read', true],
  [['apps:write'], 'apps:read', true],
  [['apps:read'], 'apps:write', false],
  [['deployments:write'], 'deployments:read', true],
  [['deployments:write'], 'apps:read', false],
  [['runners:write'], 'runners:write', true],
  [['admin'], 'runners:write', true],
  [['apps:write', 'deployments:write', 'runners:write'], 'admin', false],
  [[], 'apps:read', false],
])('whoever has %j may use %s: %s', (scopes, needed, may) => {
  expect(mayUse(new Set(scopes), needed)).toBe(may);
  const caller: Caller = { kind: 'token', ownerId: '', name: '', scopes: new Set(scopes) };
  if (may) requireScope(caller, needed);
  else expect(() => requireScope(caller, needed)).toThrow(expect.objectContaining({ code: 'forbidden' }));
});
