/** The operator's outbox: one-time links that no mail has brought to their person. */
import { z } from 'zod';
import { ObjectId, Timestamp } from './ids.ts';

export const OutboxItem = z
  .strictObject({
    id: ObjectId,
    /** Signs in, sets a new password, or lets somebody join a team. */
    kind: z.enum(['sign_in', 'recovery', 'invitation']),
    /** The email of the person that it is for. */
    to: z.string(),
    /** The link itself, good once. Whoever opens it is signed in as that person, or joins in their place. */
    url: z.url(),
    createdAt: Timestamp,
    expiresAt: Timestamp,
    /** Why no mail has brought it; null when none was tried. */
    failure: z.string().nullable(),
    /** When it is sent, or sent again; null when it is left to the operator. */
    nextTryAt: Timestamp.nullable(),
  })
  .meta({ id: 'OutboxItem' });
export type OutboxItem = z.infer<typeof OutboxItem>;

export const Outbox = z.strictObject({ items: z.array(OutboxItem) }).meta({ id: 'Outbox' });
export type Outbox = z.infer<typeof Outbox>;
