/** Who may open what an App publishes. Pure: what a request proves is found out in credentials.ts. */
import type { Access, Environment } from '@appflux/protocol';
import type { SiteApp } from '../../metadata/sites.ts';

/** What is to be opened: something of an App's, in one of its environments. */
export interface Guarded {
  app: Pick<SiteApp, 'id' | 'slug' | 'ownerId' | 'access' | 'passwordHash'>;
  environment: Environment;
  /** The deployment whose site it is; absent for what is no deployment's site. */
  deploymentId?: string | null;
}

/** What a request proves about its caller. */
export type Credential =
  /** A signed link of this very file that has not expired. */
  | { kind: 'link' }
  /** A cookie of this host and App: a member of `ownerId`'s team opened it. */
  | { kind: 'team_cookie'; ownerId: string }
  /** A cookie of this host and App: somebody knew the password that `mark` stands for. */
  | { kind: 'password_cookie'; mark: string }
  /** A cookie of this host and App: a picture of this deployment's site is taken. */
  | { kind: 'picture_cookie'; deploymentId: string }
  /** A token of AppFlux. */
  | { kind: 'bearer'; ownerId: string; mayRead: boolean }
  /** A token that is unknown, or has expired. */
  | { kind: 'bad_bearer' };

export type Verdict =
  | 'admit'
  /** Visitors may sign in as a member of the team, or enter the password. */
  | 'ask_team'
  | 'ask_password'
  /** The token is invalid; lacks a scope; is another team's, which gets the answer for what doesn't exist. */
  | 'bad_token'
  | 'forbidden'
  | 'missing';

/** What applies to something of an App's. */
export const accessOf = ({ app, environment }: Guarded): Access =>
  environment === 'production' ? app.access.production : app.access.previews;

/**
 * Whether a caller may open it, by what they prove. `mark` stands for the App's present password; null if there is none.
 * A credential that admits counts more than one that doesn't.
 */
export function decide(guarded: Guarded, credentials: readonly Credential[], mark: string | null): Verdict {
  const access = accessOf(guarded);
  if (access === 'public') return 'admit';
  const verdicts = credentials.map((credential) => verdictOn(credential, guarded, mark));
  if (verdicts.includes('admit')) return 'admit';
  return verdicts.find((verdict) => verdict !== null) ?? (access === 'team' ? 'ask_team' : 'ask_password');
}

/** Null for what proves nothing here (any more). */
function verdictOn(credential: Credential, guarded: Guarded, mark: string | null): Verdict | null {
  switch (credential.kind) {
    case 'link':
      return 'admit';
    case 'team_cookie':
      return credential.ownerId === guarded.app.ownerId ? 'admit' : null;
    case 'password_cookie':
      return accessOf(guarded) === 'password' && mark !== null && credential.mark === mark ? 'admit' : null;
    case 'picture_cookie':
      return credential.deploymentId === guarded.deploymentId ? 'admit' : null;
    case 'bearer':
      if (credential.ownerId !== guarded.app.ownerId) return 'missing';
      return credential.mayRead ? 'admit' : 'forbidden';
    case 'bad_bearer':
      return 'bad_token';
  }
}
