/** What the host Worker has for state: wrangler.servers.toml binds it. */
import type { StateIndexObject } from './index-object.ts';
import type { ServerStateObject } from './object.ts';

export interface StateEnv {
  /** One object per binding of an App and environment. */
  SERVER_STATE: DurableObjectNamespace<ServerStateObject>;
  /** One object per App. */
  STATE_INDEX: DurableObjectNamespace<StateIndexObject>;
  /** What all bindings of an App may hold, in MiB. */
  SERVER_STATE_MB?: string;
}
