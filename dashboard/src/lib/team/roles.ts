import type { Role } from '@appflux/protocol';

/** What each role may do. */
export const ROLE_MEANING: Readonly<Record<Role, string>> = {
  owner: 'Full access, including managing owners.',
  admin: 'Full access, except managing owners.',
  developer: 'Can deploy, promote, and set variables. No access to settings, members, or runners.',
  viewer: 'Read-only access.',
};

/** What each role is called. */
export const ROLE_LABEL: Readonly<Record<Role, string>> = {
  owner: 'Owner',
  admin: 'Admin',
  developer: 'Developer',
  viewer: 'Viewer',
};

/** The roles that a user with this role can assign. */
export const givenBy = (role: Role | null): Role[] =>
  role === 'owner' ? ['owner', 'admin', 'developer', 'viewer'] : ['admin', 'developer', 'viewer'];

/** The same as options of a SelectInput. */
export const roleOptions = (role: Role | null) =>
  givenBy(role).map((value) => ({ value, label: ROLE_LABEL[value] }));
