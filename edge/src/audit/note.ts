/** Writing down who did what. */
import type { AuditAction, AuditActor, AuditTarget } from '@appflux/protocol';
import { journal } from '../journal.ts';
import type { AuditRecord, Metadata } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';

/** Someone who signed in or out, in the audit log. */
export const actorOfUser = (user: { id: string; email: string }): AuditActor => ({
  kind: 'user',
  id: user.id,
  name: user.email,
});

/**
 * Appends a line to a team's audit log, after the thing was done. It was done whether or not this can be written, so
 * a backend that is away does not turn it into a refusal: the line goes to the Worker's log instead.
 */
export async function note(
  metadata: Metadata,
  ownerId: string,
  actor: AuditActor,
  action: AuditAction,
  target: AuditTarget | null,
): Promise<void> {
  const now = Date.now();
  const id = newObjectId(now);
  const record: AuditRecord = { id, ownerId, actor, action, target, at: new Date(now).toISOString() };
  try {
    await metadata.audit.append(record);
  } catch (error) {
    journal.error(`not in the audit log: ${JSON.stringify(record)}`, error);
  }
}

/** The operator, in the audit log. */
export const OPERATOR: AuditActor = { kind: 'operator', id: null, name: 'operator' };

/**
 * The same in every team that a person is in: what is done to their account, by them unless `actor` says otherwise,
 * concerns all of them.
 */
export async function noteOfUser(
  metadata: Metadata,
  user: { id: string; email: string },
  action: AuditAction,
  actor: AuditActor = actorOfUser(user),
): Promise<void> {
  const teams = await metadata.members.ofUser(user.id).catch((error: unknown) => {
    journal.error(`not in the audit log: ${action} of ${user.id}`, error);
    return [];
  });
  const target = { kind: 'user' as const, id: user.id, name: user.email };
  await Promise.all(teams.map(({ teamId }) => note(metadata, teamId, actor, action, target)));
}
