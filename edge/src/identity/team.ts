/**
 * Teams. A team is its members; its id is the user id of whoever founded it, and the `ownerId` of all its apps, runners
 * and tokens. Owners come and go, the id stays.
 */
import { AppFluxError } from '@appflux/protocol';
import type { Env } from '../env.ts';
import type { MemberRecord, MemberStore, Metadata } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';

/** Who somebody is, as their access token says. */
export interface Person {
  id: string;
  email: string;
}

/** Makes a person the first owner of a team of their own. A team that has members is left as it is. */
export async function foundTeam(metadata: Metadata, person: Person): Promise<void> {
  if ((await metadata.members.list(person.id, { limit: 1 })).items.length > 0) return;
  await metadata.members.insert(founderOf(person));
}

const founderOf = ({ id, email }: Person, now = Date.now()): MemberRecord => ({
  id: newObjectId(now),
  teamId: id,
  userId: id,
  email,
  role: 'owner',
  createdAt: new Date(now).toISOString(),
});

/**
 * Whether everybody who can sign in has a team of their own without being asked. Where a Supabase project keeps the
 * people it also decides who they are; the embedded issuer has accounts of guests, who were invited to one team.
 */
export const everybodyFounds = (env: Env): boolean => Boolean(env.SUPABASE_URL);

/** The teams of a person, the one that they speak for unless they say another one first. */
export function teamsOf(
  person: Person,
  memberships: readonly MemberRecord[],
  founds: boolean,
): MemberRecord[] {
  const own = memberships.find(({ teamId }) => teamId === person.id);
  const others = memberships.filter(({ teamId }) => teamId !== person.id);
  if (own !== undefined) return [own, ...others];
  // Who was invited somewhere came for that; their own team, still empty, is there when they name it.
  return founds ? [...others, founderOf(person)] : others;
}

/**
 * What a team is called: after its founder, and after its first owner once they have left. `founder` is the founder's
 * e-mail address where it is known already; null otherwise.
 */
export async function teamName(
  teamId: string,
  members: MemberStore,
  founder: string | null,
): Promise<string> {
  if (founder !== null) return founder;
  const found = await members.find(teamId, teamId);
  if (found !== null) return found.email;
  const { items } = await members.list(teamId, { limit: 100 });
  return items.findLast(({ role }) => role === 'owner')?.email ?? teamId;
}

/**
 * The membership that a person acts by. `asked` is the team that the request names, or null. A team that the person
 * is not in does not exist for them: `not_found`. Somebody who is in no team is `forbidden` everything.
 */
export function chooseTeam(teams: readonly MemberRecord[], asked: string | null): MemberRecord {
  const chosen = asked === null ? teams[0] : teams.find(({ teamId }) => teamId === asked);
  if (chosen !== undefined) return chosen;
  if (asked !== null) throw new AppFluxError('not_found', `There is no team ${asked}`);
  throw new AppFluxError('forbidden', 'You are in no team', {
    hint: 'Ask an owner or admin of a team for an invitation.',
  });
}
