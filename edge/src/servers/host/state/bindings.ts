/** The bindings of a site's server that lead to its state. */
import type { Bindings } from '@appflux/protocol';
import type { Kind, StatePlace } from './place.ts';

type Loopback = (options: { props: StatePlace }) => Fetcher;

/** The entrypoints of this Worker that state is reached by, as `ctx.exports` has them. */
export interface StateExports {
  readonly KeyValue: Loopback;
  readonly SqlDatabase: Loopback;
}

/** For the environment of a server: an entrypoint per binding, with whose state it is. */
export function stateBindings(
  bindings: Bindings,
  { appId, scope }: Pick<StatePlace, 'appId' | 'scope'>,
  { KeyValue, SqlDatabase }: StateExports,
): Record<string, Fetcher> {
  const entrypoints: Record<Kind, Loopback> = { kv: KeyValue, sqlite: SqlDatabase };
  return Object.fromEntries(
    Object.entries(bindings).map(([binding, kind]) => [
      binding,
      entrypoints[kind]({ props: { appId, scope, binding } }),
    ]),
  );
}
