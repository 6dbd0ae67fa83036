/** People for tests: somebody of each role in one team, and somebody who has nothing to do with it. */
import { env } from 'cloudflare:workers';
import type { Role } from '@appflux/protocol';
import { beginSession } from '../identity/issuer.ts';
import { metadataOf } from '../metadata/index.ts';
import type { UserRecord } from '../metadata/metadata.ts';
import { memberRecord, userRecord } from '../metadata/testing/sample-records.ts';
import { foundTeam } from '../teams/team.ts';

export interface SignedIn {
  user: UserRecord;
  token: string;
  sessionToken: string;
}

/** A user with a session. */
export async function somebody(members: Partial<UserRecord> = {}): Promise<SignedIn> {
  const metadata = metadataOf(env);
  const user = userRecord(members);
  await metadata.users.insert(user);
  const session = await beginSession(env, metadata, user, 'password');
  return { user, token: session.access_token, sessionToken: session.refresh_token };
}

/** Somebody who has a team of their own. */
export async function founder(members: Partial<UserRecord> = {}): Promise<SignedIn> {
  const person = await somebody(members);
  await foundTeam(metadataOf(env), person.user);
  return person;
}

/** Somebody who is in a team, with a role. */
export async function memberOf(teamId: string, role: Role): Promise<SignedIn> {
  const person = await somebody();
  const { id: userId, email } = person.user;
  const createdAt = new Date().toISOString();
  await metadataOf(env).members.insert(memberRecord({ teamId, userId, email, role, createdAt }));
  return person;
}
