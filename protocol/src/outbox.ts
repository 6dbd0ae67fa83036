/** The operator's outbox: one-time links that have not been emailed to their person. */
import { z } from 'zod';
import { ObjectId, Timestamp } from './ids.ts';

export const OutboxItem = z
  .strictObject({
    id: ObjectId,
    /** Signs in, sets a new password, or lets a person join a team. */
    kind: z.enum(['sign_in', 'recovery', 'invitation']),
    /** The email of the person that it is for. */
    to: z.string(),
    /** The link itself, single-use. It signs in as that person, or joins in their place, for anyone who opens it. */
    url: z.url(),
    createdAt: Timestamp,
    expiresAt: Timestamp,
    /** Why it was not emailed; null if that was not tried. */
    failure: z.string().nullable(),
    /** When it is sent, or sent again; null if it is left to the operator. */
    nextTryAt: Timestamp.nullable(),
  })
  .meta({ id: 'OutboxItem' });
export type OutboxItem = z.infer<typeof OutboxItem>;

export const Outbox = z.strictObject({ items: z.array(OutboxItem) }).meta({ id: 'Outbox' });
export type Outbox = z.infer<typeof Outbox>;
