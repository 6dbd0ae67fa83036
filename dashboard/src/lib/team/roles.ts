import type { Role } from '@appflux/protocol';

/** What each role may do, in a sentence. */
export const ROLE_MEANING: Readonly<Record<Role, string>> = {
  owner: 'Everything, and who else is an owner.',
  admin: 'Everything but making and removing owners.',
  developer: 'Deploy, release and set variables. No settings, people or runners.',
  viewer: 'Look at everything, change nothing.',
};

/** The roles that somebody of this role can give. */
export const givenBy = (role: Role | null): Role[] =>
  role === 'owner' ? ['owner', 'admin', 'developer', 'viewer'] : ['admin', 'developer', 'viewer'];
