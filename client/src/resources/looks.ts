/** Looking at a repository before there is an app. */
import { Look, StartedLook, type StartLook } from '@appflux/protocol';
import type { z } from 'zod';
import { type CallOptions, type Calls, path } from '../http/calls.ts';

export const looks = (calls: Calls) => ({
  /** Has a runner fetch a commit of a repository and detect how it is built. */
  start: (look: z.input<typeof StartLook>, options: CallOptions = {}): Promise<StartedLook> =>
    calls.json(StartedLook, 'POST', '/api/apps/look', { body: look, ...options }),
  /** How far a look is. Refused with `not_found` some minutes after it has ended. */
  get: (id: string, options: CallOptions = {}): Promise<Look> =>
    calls.json(Look, 'GET', path`/api/apps/look/${id}`, options),
});
