/** Who is calling, and what they may do. */
import { AppFluxError, type AuditActor, type Creator, type Role, Scope } from '@appflux/protocol';

/**
 * What a route asks for: a scope, which tokens have too, or what only people have by their role and programs by
 * `admin`.
 */
export type Permission = Scope | 'members:read' | 'tokens:own';

export interface Caller {
  kind: 'user' | 'token' | 'operator';
  /** The user's or token's id; null for the operator. */
  id: string | null;
  /** The user who stands behind the caller: themselves, or who made the token; null when nobody is known. */
  userId: string | null;
  /** The team whose apps and runners the caller acts on. */
  ownerId: string;
  /** Shown in records of what was done. */
  name: string;
  /** A person's role in the team; null for programs and the operator. */
  role: Role | null;
  scopes: ReadonlySet<Permission>;
}

/** A caller as the audit log names them. */
export const actorOf = ({ kind, id, name }: Caller): AuditActor => ({ kind, id, name });

/** A caller as the creator of a deployment. */
export const creatorOf = ({ kind, name }: Caller): Creator => ({
  kind: kind === 'user' ? 'user' : 'token',
  name,
});

/** All that can be asked for. */
export const PERMISSIONS: readonly Permission[] = [...Scope.options, 'members:read', 'tokens:own'];

/** What each role may do. What only owners may do beyond that is said where it is done. */
export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  owner: ['admin'],
  admin: ['admin'],
  developer: ['apps:read', 'variables:write', 'deployments:write', 'members:read', 'tokens:own'],
  viewer: ['apps:read', 'deployments:read', 'members:read'],
};

/** Writing includes reading; `admin` includes everything. */
const IMPLIED_BY: Partial<Record<Permission, Permission>> = {
  'apps:read': 'apps:write',
  'variables:write': 'apps:write',
  'deployments:read': 'deployments:write',
};

/** Whether a caller with these scopes may do what asks for `needed`. */
export function mayUse(scopes: ReadonlySet<Permission>, needed: Permission): boolean {
  const wider = IMPLIED_BY[needed];
  return scopes.has('admin') || scopes.has(needed) || (wider !== undefined && scopes.has(wider));
}

/** Refuses with `forbidden` a caller who lacks the scope. */
export function requireScope(caller: Caller, needed: Permission): void {
  if (mayUse(caller.scopes, needed)) return;
  if (caller.role !== null) {
    throw new AppFluxError('forbidden', `The role ${caller.role} does not allow this`, {
      hint: 'An owner or admin of the team can change your role.',
    });
  }
  throw new AppFluxError('forbidden', `This needs a token with the scope ${needed}`, {
    hint: 'Create one in the dashboard under Settings, API tokens.',
  });
}
