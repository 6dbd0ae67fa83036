/** The caller, their team and its people. */
import {
  ActivityItem,
  AuditEntry,
  BuildLimits,
  CreatedInvitation,
  type CreateInvitation,
  Invitation,
  InvitationOffer,
  Joined,
  Me,
  Member,
  type Page,
  pageOf,
  type Role,
  TeamOverview,
} from '@appflux/protocol';
import { type CallOptions, type Calls, path } from '../http/calls.ts';
import type { ListQuery } from '../pages.ts';

const Members = pageOf(Member);
const Invitations = pageOf(Invitation);
const Audit = pageOf(AuditEntry);
const Activity = pageOf(ActivityItem);

export const team = (calls: Calls) => ({
  /** Who is calling, for which team, and with which permissions. */
  me: (options: CallOptions = {}): Promise<Me> => calls.json(Me, 'GET', '/api/me', options),
  /** What runs, what failed last, the runners, and what needs someone. */
  overview: (options: CallOptions = {}): Promise<TeamOverview> =>
    calls.json(TeamOverview, 'GET', '/api/overview', options),
  /** Leaves the team. */
  leave: (options: CallOptions = {}): Promise<void> => calls.nothing('DELETE', '/api/me/membership', options),
  /** Deletes the team with everything in it. Its name confirms that. */
  delete: (name: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', '/api/team', { body: { name }, ...options }),
  /** How many builds of the team run at a time. */
  limits: (options: CallOptions = {}): Promise<BuildLimits> =>
    calls.json(BuildLimits, 'GET', '/api/team/limits', options),
  /** Replaces all limits. */
  setLimits: (limits: BuildLimits, options: CallOptions = {}): Promise<BuildLimits> =>
    calls.json(BuildLimits, 'PUT', '/api/team/limits', { body: limits, ...options }),
  members: (query: ListQuery = {}, options: CallOptions = {}): Promise<Page<Member>> =>
    calls.json(Members, 'GET', '/api/members', { query: { ...query }, ...options }),
  updateMember: (userId: string, role: Role, options: CallOptions = {}): Promise<Member> =>
    calls.json(Member, 'PATCH', path`/api/members/${userId}`, { body: { role }, ...options }),
  deleteMember: (userId: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', path`/api/members/${userId}`, options),
  /** Lists the audit log, newest first. */
  audit: (query: ListQuery = {}, options: CallOptions = {}): Promise<Page<AuditEntry>> =>
    calls.json(Audit, 'GET', '/api/audit', { query: { ...query }, ...options }),
  /** What people, programs and builds did, newest first, as every member may see it. */
  activity: (query: ListQuery = {}, options: CallOptions = {}): Promise<Page<ActivityItem>> =>
    calls.json(Activity, 'GET', '/api/activity', { query: { ...query }, ...options }),
});

export const invitations = (calls: Calls) => ({
  /** Those that nobody has accepted yet. */
  list: (query: ListQuery = {}, options: CallOptions = {}): Promise<Page<Invitation>> =>
    calls.json(Invitations, 'GET', '/api/invitations', { query: { ...query }, ...options }),
  /** The link is in this response only. */
  create: (body: CreateInvitation, options: CallOptions = {}): Promise<CreatedInvitation> =>
    calls.json(CreatedInvitation, 'POST', '/api/invitations', { body, ...options }),
  delete: (id: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', path`/api/invitations/${id}`, options),
  /** What an invitation link offers. The caller doesn't have to be signed in. */
  look: (token: string, options: CallOptions = {}): Promise<InvitationOffer> =>
    calls.json(InvitationOffer, 'POST', '/api/invitations/look', { body: { token }, ...options }),
  accept: (token: string, options: CallOptions = {}): Promise<Joined> =>
    calls.json(Joined, 'POST', '/api/invitations/accept', { body: { token }, ...options }),
});
