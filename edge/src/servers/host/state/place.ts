/** Whose state it is. The host decides that by the props of an entrypoint; a site can't say it. */
import { type BindingKind, BindingName, ObjectId, StateScope } from '@appflux/protocol';
import { z } from 'zod';

/** One binding of an App in one environment. */
export const StatePlace = z.strictObject({
  appId: ObjectId,
  scope: StateScope,
  binding: BindingName,
});
export type StatePlace = z.infer<typeof StatePlace>;

export type Kind = BindingKind;

/** The name of the place's object. None of its parts can have a colon, so no two places share a name. */
export const objectName = ({ appId, scope, binding }: StatePlace): string => `${appId}:${scope}:${binding}`;
