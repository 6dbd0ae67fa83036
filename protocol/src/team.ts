/** Teams: who may do what with an owner's apps and runners, and how people join. */
import { z } from 'zod';
import { ObjectId, Timestamp, UserId } from './ids.ts';
import { MaintenanceNotice } from './operator.ts';

/**
 * A member's permissions. An owner may do everything; an admin everything except adding and removing owners; a
 * developer deploys and sets variables; a viewer reads.
 */
export const Role = z.enum(['owner', 'admin', 'developer', 'viewer']);
export type Role = z.infer<typeof Role>;

/** Selects one of the teams of a person; without it, their own, else the one that they joined first. */
export const TEAM_HEADER = 'X-AppFlux-Team';

/** The same for a WebSocket of a browser, which cannot set headers: `appflux.team.<id>`. */
export const TEAM_SUBPROTOCOL_PREFIX = 'appflux.team.';

/** A person in a team. */
export const Member = z
  .strictObject({ userId: UserId, email: z.string(), role: Role, createdAt: Timestamp })
  .meta({ id: 'Member' });
export type Member = z.infer<typeof Member>;

/** Deletes the team; its name confirms the intent. */
export const DeleteTeam = z.strictObject({ name: z.string().max(300) }).meta({ id: 'DeleteTeam' });
export type DeleteTeam = z.infer<typeof DeleteTeam>;

export const UpdateMember = z.strictObject({ role: Role }).meta({ id: 'UpdateMember' });
export type UpdateMember = z.infer<typeof UpdateMember>;

/** A team that a person is in. */
export const Team = z
  .strictObject({
    id: UserId,
    /** The email of its first owner, by which people recognize a team. */
    name: z.string(),
    role: Role,
  })
  .meta({ id: 'Team' });
export type Team = z.infer<typeof Team>;

/** Who is calling, and for which team. */
export const Me = z
  .strictObject({
    kind: z.enum(['user', 'token', 'operator']),
    /** Null for a program. */
    userId: UserId.nullable(),
    name: z.string(),
    /** The team that this call was made for. */
    teamId: UserId,
    /** Null for a program, which has scopes and no role. */
    role: Role.nullable(),
    /** Whether this is the team of the instance's owner, which cannot be deleted. */
    ofInstance: z.boolean(),
    /** The caller's scopes here, including the implied ones. */
    permissions: z.array(z.string()),
    /** Every team of the person. */
    teams: z.array(Team),
  })
  .meta({ id: 'Me' });
export type Me = z.infer<typeof Me>;

export const CreateInvitation = z
  .strictObject({
    role: Role,
    /** Days until the link expires. */
    days: z.int().min(1).max(30).default(7),
    /** A note for the list; it has no other effect. */
    note: z.string().trim().max(80).default(''),
    /** An email that the link is sent to as well; only on an instance that sends mail. */
    email: z.email().max(254).optional(),
  })
  .meta({ id: 'CreateInvitation' });
export type CreateInvitation = z.input<typeof CreateInvitation>;

export const Invitation = z
  .strictObject({ id: ObjectId, role: Role, note: z.string(), expiresAt: Timestamp, createdAt: Timestamp })
  .meta({ id: 'Invitation' });
export type Invitation = z.infer<typeof Invitation>;

/** The link is only shown this time. Its token is in the fragment, which reaches no server's log. */
export const CreatedInvitation = Invitation.extend({
  url: z.url(),
  /** The email that it is sent to; null if it is only shown. */
  sentTo: z.string().nullable(),
}).meta({ id: 'CreatedInvitation' });
export type CreatedInvitation = z.infer<typeof CreatedInvitation>;

/** The token of an invitation link. */
export const InvitationToken = z
  .strictObject({ token: z.string().min(1).max(200) })
  .meta({ id: 'InvitationToken' });

/** What an invitation offers, for anyone who has its link. */
export const InvitationOffer = z
  .strictObject({ role: Role, invitedBy: z.string(), expiresAt: Timestamp })
  .meta({ id: 'InvitationOffer' });
export type InvitationOffer = z.infer<typeof InvitationOffer>;

/** How users sign in to this instance: what the dashboard has to know before anyone is signed in. */
export const InstanceConfig = z
  .strictObject({
    auth: z.strictObject({
      /** Who manages accounts: the edge itself, or a Supabase project. */
      issuer: z.enum(['embedded', 'supabase']),
      /** The project's URL and key for supabase-js. */
      url: z.url(),
      key: z.string(),
      github: z.boolean(),
      /** Whether anyone may sign up, or only invited people. */
      signUp: z.enum(['open', 'invitation']),
    }),
    /**
     * Whether the instance sends mail: sign-in links, recovery links and invitations. If not, its operator passes
     * links on. A Supabase project sends its own mail.
     */
    mail: z.boolean(),
    /** Set while the instance is in maintenance: builds wait. Not sent by earlier versions. */
    maintenance: MaintenanceNotice.nullable().optional(),
    /** Whether sites are published with a server. Not sent by earlier versions. */
    servers: z.boolean().optional(),
  })
  .meta({ id: 'InstanceConfig' });
export type InstanceConfig = z.infer<typeof InstanceConfig>;

/** The team that a person joined, and their role in it. */
export const Joined = z.strictObject({ teamId: UserId, role: Role }).meta({ id: 'Joined' });
export type Joined = z.infer<typeof Joined>;
