/** The operator's outbox: one-time links that no mail has brought to their person. */

import type { AuditActor } from '@appflux/protocol';
import { Outbox, type OutboxItem } from '@appflux/protocol';
import { createRoute } from '@hono/zod-openapi';
import { note, noteOfUser, OPERATOR } from '../audit/note.ts';
import { bearer, json, refusals, router } from '../http/router.ts';
import type { Metadata } from '../metadata/metadata.ts';
import { outboxOf } from '../outbox/index.ts';
import type { OpenItem } from '../outbox/object.ts';
import type { Person } from '../teams/team.ts';
import { operatorOrInstanceOwner } from './operator.ts';

export const outbox = router();

outbox.openapi(
  createRoute({
    method: 'get',
    path: '/api/ops/outbox',
    tags: ['operator'],
    summary: 'List single-use links that wait to be passed on, newest first',
    description:
      'Sign-in and recovery links that people asked for and invitations, as long as no mail has brought them and they are good. For the operator, and the owner of the instance when signed in. Who reads a link first is in the audit log of its person’s teams.',
    security: bearer,
    middleware: [operatorOrInstanceOwner] as const,
    responses: { 200: json(Outbox, 'The links'), ...refusals },
  }),
  async (c) => {
    const items = await outboxOf(c.env).list();
    // Not there for the operator.
    const person: Person | undefined = c.get('person');
    const actor: AuditActor =
      person === undefined ? OPERATOR : { kind: 'user', id: person.id, name: person.email };
    for (const item of items.filter(({ first }) => first)) await noteRead(c.get('metadata'), item, actor);
    return c.json({ items: items.map(toItem) }, 200);
  },
);

const toItem = ({ id, kind, to, url, createdAt, expiresAt, failure, nextTryAt }: OpenItem): OutboxItem => ({
  id,
  kind,
  to,
  url,
  createdAt: new Date(createdAt).toISOString(),
  expiresAt: new Date(expiresAt).toISOString(),
  failure,
  nextTryAt: nextTryAt === null ? null : new Date(nextTryAt).toISOString(),
});

/** Anyone who has read a link could have used it, so it goes into the audit log of the person's teams. */
async function noteRead(metadata: Metadata, item: OpenItem, actor: AuditActor): Promise<void> {
  if (item.kind !== 'invitation') {
    await noteOfUser(metadata, { id: item.ownerId, email: item.to }, 'link.read', actor);
    return;
  }
  const target = { kind: 'invitation' as const, id: item.id, name: item.to };
  await note(metadata, item.ownerId, actor, 'link.read', target);
}
