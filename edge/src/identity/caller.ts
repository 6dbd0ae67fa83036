/** Who is calling, and what they may do. */
import { AppFluxError, type Scope } from '@appflux/protocol';

export interface Caller {
  kind: 'user' | 'token' | 'operator';
  /** The user whose apps and runners the caller acts on. */
  ownerId: string;
  /** Shown in records of what was done. */
  name: string;
  scopes: ReadonlySet<Scope>;
}

/** Writing includes reading; `admin` includes everything. */
const IMPLIED_BY: Partial<Record<Scope, Scope>> = {
  'apps:read': 'apps:write',
  'variables:write': 'apps:write',
  'deployments:read': 'deployments:write',
};

/** Whether a caller with these scopes may do what asks for `needed`. */
export function mayUse(scopes: ReadonlySet<Scope>, needed: Scope): boolean {
  const wider = IMPLIED_BY[needed];
  return scopes.has('admin') || scopes.has(needed) || (wider !== undefined && scopes.has(wider));
}

/** Refuses with `forbidden` a caller who lacks the scope. */
export function requireScope(caller: Caller, needed: Scope): void {
  if (!mayUse(caller.scopes, needed)) {
    throw new AppFluxError('forbidden', `This needs a token with the scope ${needed}`, {
      hint: 'Create one in the dashboard under Settings, API tokens.',
    });
  }
}
