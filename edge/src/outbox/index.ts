/** Bringing one-time links to their person. */
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import type { LinkKind } from '../mail/messages.ts';
import { sendsMail } from '../mail/settings.ts';
import { type ObjectStub, objectStub } from '../objects/stub.ts';
import { createSealer } from '../secrets/sealing.ts';
import { type Letter, letterLabel, type NewItem, type OutboxObject } from './object.ts';

/** The one outbox of an instance. */
export const outboxOf = (env: Pick<Env, 'OUTBOX'>): ObjectStub<OutboxObject> =>
  objectStub(() => env.OUTBOX.getByName('all'), {
    add: 'repeat',
    // Repeated, it would call links read before that nobody has seen.
    list: 'once',
    unsent: 'repeat',
    remove: 'repeat',
    removeOf: 'repeat',
    reseal: 'repeat',
  });

/** A link to be brought to somebody. */
export interface Post extends Omit<NewItem, 'sealed' | 'expiresAt'>, Letter {
  /** ISO 8601. */
  expiresAt: string;
}

const WHAT: Record<LinkKind, string> = {
  sign_in: 'A sign-in link',
  recovery: 'A recovery link',
  invitation: 'An invitation',
};

/** Sends a link by mail where that is configured, and leaves it to the operator otherwise. It is never in a log. */
export async function postLink(env: Env, { id, kind, ownerId, expiresAt, ...letter }: Post): Promise<void> {
  const sealed = await createSealer(env).seal(JSON.stringify(letter satisfies Letter), letterLabel(id));
  await outboxOf(env).add({ id, kind, ownerId, expiresAt: Date.parse(expiresAt), sealed });
  journal.info(
    `${WHAT[kind]} was requested for ${ownerId}; it ${sendsMail(env) ? 'is sent by mail' : 'waits in the outbox'}`,
  );
}

/** Forgets a link that was used or revoked. What was done with it stays done when the outbox cannot be reached. */
export async function forgetLink(env: Env, id: string): Promise<void> {
  await outboxOf(env).remove(id).catch(unreachable(id));
}

/** Forgets the links of a user or a team, of one kind if it is given. */
export async function forgetLinksOf(env: Env, ownerId: string, kind: LinkKind | null = null): Promise<void> {
  await outboxOf(env).removeOf(ownerId, kind).catch(unreachable(ownerId));
}

/** The link is good for nothing any more, and the outbox forgets it when its time is over. */
const unreachable = (whose: string) => (error: unknown) =>
  journal.error(`links of ${whose} could not be removed from the outbox`, error);
