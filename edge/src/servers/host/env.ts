/** What the server host is bound to (wrangler.servers.toml), and the entry points that it gives to sites. */
import type { StateScope } from '@appflux/protocol';
import type { EgressEnv, EgressProps } from './egress/egress.ts';
import type { StateExports } from './state/bindings.ts';
import type { StateEnv } from './state/env.ts';

export interface HostEnv extends EgressEnv, StateEnv {
  /** Loads the servers of sites. */
  LOADER: WorkerLoader;
  /** The control plane's entry point `ServerControl`. */
  CONTROL: Fetcher;
}

/** An entry point of the server host with the properties that it is given to a site with. */
type Loopback<Props> = (options: { props: Props }) => Fetcher;

/** What a binding ASSETS answers for. */
export interface AssetsProps {
  readonly appId: string;
  readonly deploymentId: string;
}

/** The server that a binding WORKER_SELF_REFERENCE leads to. */
export interface SelfProps extends AssetsProps {
  readonly scope: StateScope;
  readonly revision: string;
}

/** Whose log a tail writes, what is hidden in it (`key` names those values), and the server's cron expressions. */
export interface TailProps extends AssetsProps {
  readonly scope: StateScope;
  readonly key: string;
  readonly secrets: readonly string[];
  readonly crons: readonly string[];
}

/** The entry points that index.ts exports, as `ctx.exports` has them. */
export interface HostExports extends StateExports {
  readonly SiteAssets: Loopback<AssetsProps>;
  readonly Egress: Loopback<EgressProps>;
  readonly SelfReference: Loopback<SelfProps>;
  readonly RuntimeTail: Loopback<TailProps>;
}

/** The server host's own entry points; the platform's types know only those of the control plane. */
export const exportsOf = (ctx: Pick<ExecutionContext, 'exports'>): HostExports =>
  ctx.exports as unknown as HostExports;
