/** State of sites: what the bindings of an app hold. */
import { type StateItem, StateList, type StateScope } from '@appflux/protocol';
import { type CallOptions, type Calls, path } from '../http/calls.ts';

export const state = (calls: Calls) => ({
  /** By environment and binding. */
  list: async (slug: string, options: CallOptions = {}): Promise<StateItem[]> =>
    (await calls.json(StateList, 'GET', path`/api/apps/${slug}/state`, options)).items,
  /** A database as SQL, or key-value pairs as JSON lines. It is complete only if the body ends without an error. */
  export: (
    slug: string,
    environment: StateScope,
    binding: string,
    options: CallOptions = {},
  ): Promise<Response> =>
    calls.stream('GET', path`/api/apps/${slug}/state/${environment}/${binding}/export`, options),
  /** Deletes what a binding holds, permanently. */
  delete: (
    slug: string,
    environment: StateScope,
    binding: string,
    options: CallOptions = {},
  ): Promise<void> =>
    calls.nothing('DELETE', path`/api/apps/${slug}/state/${environment}/${binding}`, options),
});
