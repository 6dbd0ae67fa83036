/** Invitations: created by owners and admins, accepted by anyone who has the link. */
import {
  AppFluxError,
  CreatedInvitation,
  CreateInvitation,
  ErrorBody,
  Invitation,
  InvitationOffer,
  InvitationToken,
  Joined,
  ObjectId,
  PageQuery,
  pageOf,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import type { Env } from '../env.ts';
import { audited, bearer, json, jsonBody, needs, personOnly, refusals, router } from '../http/router.ts';
import {
  findInvitation,
  invitationUrl,
  join,
  joinedEarlier,
  takeInvitation,
} from '../identity/invitation.ts';
import { issueToken } from '../identity/one-time-token.ts';
import { isDeliverable } from '../mail/mail.ts';
import { sendsMail } from '../mail/settings.ts';
import type { Metadata, TokenRecord } from '../metadata/metadata.ts';
import { forgetLink, postLink } from '../outbox/index.ts';
import { foundTeam, requireRoomInTeam, restoreOwnTeam } from '../teams/team.ts';
import { throttleOf } from '../throttle/index.ts';
import type { Rule } from '../throttle/rule.ts';
import { requireOwnerFor } from './members.ts';

const DAY_MS = 24 * 3_600_000;

/** Invitations that a team sends by mail: to anybody, from the operator's address. */
const MAILS: Rule = { free: 20, firstWaitMs: 60_000, longestWaitMs: 15 * 60_000 };

const toInvitation = ({ id, role, name, expiresAt, createdAt }: TokenRecord): Invitation => ({
  id,
  role: role ?? 'viewer',
  note: name,
  expiresAt: expiresAt ?? createdAt,
  createdAt,
});

export const invitations = router();

const shared = { tags: ['people'], security: bearer, middleware: needs('admin') };

invitations.openapi(
  createRoute({
    ...shared,
    method: 'get',
    path: '/api/invitations',
    summary: 'List invitations that nobody has accepted yet',
    request: { query: PageQuery },
    responses: { 200: json(pageOf(Invitation), 'Invitations'), ...refusals },
  }),
  async (c) => {
    const { tokens } = c.get('metadata');
    const page = await tokens.list(c.get('caller').ownerId, 'invitation', c.req.valid('query'));
    return c.json({ ...page, items: page.items.map(toInvitation) }, 200);
  },
);

invitations.openapi(
  createRoute({
    ...shared,
    method: 'post',
    path: '/api/invitations',
    summary: 'Create a link with which one person joins the team',
    description:
      'The link is shown only once. With `email` it is also sent there, if this instance sends email.',
    request: { body: jsonBody(CreateInvitation) },
    responses: { 201: json(CreatedInvitation, 'The invitation'), ...refusals },
  }),
  async (c) => {
    const caller = c.get('caller');
    const metadata = c.get('metadata');
    const { role, days, note, email } = c.req.valid('json');
    requireOwnerFor(caller, role);
    if (email !== undefined) await requireMail(c.env, caller.ownerId, email);
    // An invited user finds an owner in the team, even where teams exist before they are stored.
    if (caller.role === 'owner' && caller.id === caller.ownerId) {
      await foundTeam(metadata, { id: caller.ownerId, email: caller.name });
    }
    const { token, record } = await issueToken(metadata, 'invitation', {
      ownerId: caller.ownerId,
      kind: 'invitation',
      name: note || (email ?? ''),
      role,
      createdBy: caller.userId,
      expiresAt: new Date(Date.now() + days * DAY_MS).toISOString(),
    });
    await audited(c, 'invitation.create', { kind: 'invitation', id: record.id, name: record.name || role });
    const invitation = toInvitation(record);
    const url = invitationUrl(c.env, token);
    if (email !== undefined) {
      const { id, expiresAt } = invitation;
      const invitedBy = await inviterOf(metadata, record);
      await postLink(c.env, {
        id,
        kind: 'invitation',
        ownerId: caller.ownerId,
        to: email,
        url,
        expiresAt,
        invitedBy,
        role,
      });
    }
    return c.json({ ...invitation, url, sentTo: email ?? null }, 201);
  },
);

invitations.openapi(
  createRoute({
    ...shared,
    method: 'delete',
    path: '/api/invitations/{id}',
    summary: 'Revoke an invitation; its link stops working',
    request: { params: z.strictObject({ id: ObjectId }) },
    responses: { 204: { description: 'Revoked' }, ...refusals },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { tokens } = c.get('metadata');
    const { ownerId } = c.get('caller');
    const record = await tokens.byId(ownerId, 'invitation', id);
    if (record === null || !(await tokens.delete(ownerId, 'invitation', id))) {
      throw new AppFluxError('not_found', 'Invitation not found');
    }
    await forgetLink(c.env, id);
    await audited(c, 'invitation.revoke', {
      kind: 'invitation',
      id,
      name: record.name || (record.role ?? 'viewer'),
    });
    return c.body(null, 204);
  },
);

invitations.openapi(
  createRoute({
    method: 'post',
    path: '/api/invitations/look',
    summary: 'Get what an invitation link offers',
    tags: ['people'],
    request: { body: jsonBody(InvitationToken) },
    responses: {
      200: json(InvitationOffer, 'The offer'),
      400: json(ErrorBody, 'Invalid input'),
      404: json(ErrorBody, 'It was already used, was revoked, or has expired'),
    },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const invitation = await findInvitation(metadata, c.req.valid('json').token);
    if (invitation === null) throw noInvitation();
    const { role, expiresAt } = toInvitation(invitation);
    return c.json({ role, invitedBy: await inviterOf(metadata, invitation), expiresAt }, 200);
  },
);

invitations.openapi(
  createRoute({
    method: 'post',
    path: '/api/invitations/accept',
    summary: 'Join the team of an invitation as the signed-in user',
    description: 'Idempotent: the user who joined by this invitation gets the same answer again.',
    tags: ['people'],
    security: bearer,
    middleware: [personOnly] as const,
    request: { body: jsonBody(InvitationToken) },
    responses: { 200: json(Joined, 'The team, and the role in it'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const person = c.get('person');
    const { token } = c.req.valid('json');
    const offered = await findInvitation(metadata, token);
    if (offered === null) {
      const joined = await joinedEarlier(metadata, token, person);
      if (joined === null) throw noInvitation();
      return c.json({ teamId: joined.teamId, role: joined.role }, 200);
    }
    const already = await metadata.members.find(offered.ownerId, person.id);
    // The link stays for somebody who is not in the team yet.
    if (already !== null) return c.json({ teamId: already.teamId, role: already.role }, 200);
    // A user with a team of their own still acts for it unless they name another.
    await restoreOwnTeam(c.env, metadata, person);
    await requireRoomInTeam(metadata, offered.ownerId, person.id);
    const invitation = await takeInvitation(metadata, token);
    if (invitation === null) throw noInvitation();
    await join(metadata, invitation, person);
    await forgetLink(c.env, invitation.id);
    return c.json({ teamId: invitation.ownerId, role: toInvitation(invitation).role }, 200);
  },
);

/** The author of an invitation, as their team sees them. */
async function inviterOf(metadata: Metadata, { ownerId, createdBy }: TokenRecord): Promise<string> {
  const inviter = createdBy === null ? null : await metadata.members.find(ownerId, createdBy);
  return inviter?.email ?? 'the operator';
}

/** Refuses to mail an invitation that would not arrive, or one too many of a team. */
async function requireMail(env: Env, teamId: string, email: string): Promise<void> {
  if (!sendsMail(env)) {
    throw new AppFluxError('unprocessable', 'This instance does not send email', {
      hint: 'Leave out `email`, and send the link yourself.',
    });
  }
  if (!isDeliverable(email)) {
    throw new AppFluxError('unprocessable', `No email can be sent to ${email}`, {
      hint: 'Use an address like ada@example.com.',
    });
  }
  const throttle = await throttleOf(env, teamId, [{ what: 'invitation', whom: [teamId], rule: MAILS }]);
  const waitMs = await throttle.count();
  if (waitMs === 0) return;
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  throw new AppFluxError('too_many_requests', 'This team has sent too many invitations', {
    hint: `Try again in ${retryAfterSeconds} seconds, or leave out \`email\`.`,
    retryAfterSeconds,
  });
}

const noInvitation = () =>
  new AppFluxError('not_found', 'Invalid invitation: already used, revoked or expired', {
    hint: 'Ask for a new link.',
  });
