/** Invitations: links by which somebody joins a team, once, with the role that is inside. */
import type { AuditActor } from '@appflux/protocol';
import { note } from '../audit/note.ts';
import type { Env } from '../env.ts';
import type { MemberRecord, Metadata, TokenRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { hashToken } from '../secrets/tokens.ts';
import { setting } from '../settings.ts';
import type { Person } from '../teams/team.ts';

/** The link of an invitation. Its token is in the fragment, which reaches no server's log. */
export const invitationUrl = (env: Env, token: string) =>
  `${setting(env, 'PUBLIC_URL')}/invite#token=${token}`;

/** The invitation that a link's token stands for, while it is good. */
export const findInvitation = async (metadata: Metadata, token: string): Promise<TokenRecord | null> =>
  metadata.tokens.byHash('invitation', await hashToken(token), new Date().toISOString());

/** Uses an invitation up, so that nobody else joins by it; null when it is invalid or was already used. */
export const takeInvitation = async (metadata: Metadata, token: string): Promise<TokenRecord | null> =>
  metadata.tokens.take('invitation', await hashToken(token), new Date().toISOString());

/** Puts back an invitation that was taken and led to nothing. */
export const returnInvitation = (metadata: Metadata, invitation: TokenRecord): Promise<void> =>
  metadata.tokens.insert(invitation);

/** The membership that a person has by an invitation that they accepted earlier; null when there is none. */
export async function joinedEarlier(
  metadata: Metadata,
  token: string,
  person: Person,
): Promise<MemberRecord | null> {
  const [hash, memberships] = await Promise.all([hashToken(token), metadata.members.ofUser(person.id)]);
  return memberships.find(({ joinedBy }) => joinedBy === hash) ?? null;
}

/** Makes a person a member by an invitation that was taken. False when they are in the team already. */
export async function join(metadata: Metadata, invitation: TokenRecord, person: Person): Promise<boolean> {
  const now = Date.now();
  const member: MemberRecord = {
    id: newObjectId(now),
    teamId: invitation.ownerId,
    userId: person.id,
    email: person.email,
    // An invitation without a role was not written by this program; the least is the safe reading.
    role: invitation.role ?? 'viewer',
    joinedBy: invitation.hash,
    createdAt: new Date(now).toISOString(),
  };
  if (!(await metadata.members.insert(member))) return false;
  const actor: AuditActor = { kind: 'user', id: person.id, name: person.email };
  const target = { kind: 'member' as const, id: person.id, name: `${person.email} as ${member.role}` };
  await note(metadata, member.teamId, actor, 'member.join', target);
  return true;
}
