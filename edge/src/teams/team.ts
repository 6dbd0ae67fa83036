/**
 * Teams. A team is its members; its id is the user id of its founder, and the `ownerId` of all its apps, runners
 * and tokens. Owners come and go, the id stays.
 */
import { AppFluxError, formatNumber, MAX_MEMBERS, MAX_TEAMS } from '@appflux/protocol';
import type { Env } from '../env.ts';
import type { MemberRecord, MemberStore, Metadata, TokenKind } from '../metadata/metadata.ts';
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
  joinedBy: null,
  createdAt: new Date(now).toISOString(),
});

/**
 * Throws AppFluxError `unprocessable` when a team has as many members as it can, or the person is in as many teams. A new
 * person is in none: null.
 */
export async function requireRoomInTeam(
  { members }: Metadata,
  teamId: string,
  userId: string | null,
): Promise<void> {
  if ((await members.count(teamId)) >= MAX_MEMBERS) {
    throw new AppFluxError('unprocessable', `A team has at most ${formatNumber(MAX_MEMBERS)} members`, {
      hint: 'Ask an owner or admin of the team to remove members who are gone.',
    });
  }
  if (userId === null || (await members.ofUser(userId)).length < MAX_TEAMS) return;
  throw new AppFluxError('unprocessable', `You can be in ${MAX_TEAMS} teams at most`, {
    hint: 'Leave a team that you are no longer active in.',
  });
}

/** Whether anybody can sign up and get a team of their own; otherwise an invitation is required. */
export const signUpIsOpen = (env: Env): boolean => env.APPFLUX_SIGN_UP === 'open';

/**
 * Whether every signed-in user has a team of their own, before it is stored. That is so for a Supabase project with open
 * sign-up, where the edge doesn't see who signs up. The embedded issuer founds teams at sign-up instead.
 */
export const everybodyFounds = (env: Env): boolean => Boolean(env.SUPABASE_URL) && signUpIsOpen(env);

/** The kinds of tokens that only a member of a team can have created for it. */
const TEAM_TOKENS: readonly TokenKind[] = ['api', 'registration', 'fleet', 'deploy_hook', 'invitation'];

/**
 * Stores the membership of a user who worked in a team of their own before APPFLUX_SIGN_UP applied to Supabase projects:
 * every user had one then, and it was stored late or never. Such a team owns something and has no members. Returns the
 * membership, or null when there is no such team.
 */
export async function restoreOwnTeam(
  env: Env,
  metadata: Metadata,
  person: Person,
): Promise<MemberRecord | null> {
  if (!env.SUPABASE_URL || !(await ownsSomething(metadata, person.id))) return null;
  await foundTeam(metadata, person);
  // Null when the team has members already: a user who left it or was removed doesn't come back.
  return metadata.members.find(person.id, person.id);
}

async function ownsSomething({ apps, runners, tokens }: Metadata, teamId: string): Promise<boolean> {
  const first = { limit: 1 };
  if ((await apps.list(teamId, first)).items.length > 0) return true;
  if ((await runners.list(teamId)).length > 0) return true;
  for (const kind of TEAM_TOKENS) {
    if ((await tokens.list(teamId, kind, first)).items.length > 0) return true;
  }
  return false;
}

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
 * email where it is known already; null otherwise.
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
 * The membership that a person acts by. `asked` is the team that the request names, or null.
 * @throws AppFluxError `not_found` for a team that the person is not in, `no_team` when they are in none at all
 */
export function chooseTeam(teams: readonly MemberRecord[], asked: string | null): MemberRecord {
  const chosen = asked === null ? teams[0] : teams.find(({ teamId }) => teamId === asked);
  if (chosen !== undefined) return chosen;
  if (asked !== null) throw new AppFluxError('not_found', `There is no team ${asked}`);
  throw new AppFluxError('no_team', 'You are not in a team yet', {
    hint: 'Ask an owner or admin of a team for an invitation link, and open it while you are signed in.',
  });
}
