/** The control plane of `npm run dev`: bundled again and restarted with its state when its sources change. */
import { join } from 'node:path';
import { addressesOf } from '../addresses/addresses.ts';
import type { EdgeConfig } from '../edge/config.ts';
import { bundleControlPlane } from '../edge/control-plane-bundle.ts';
import { startEdge } from '../edge/process.ts';
import { edgeConfig } from '../instance.ts';
import type { ServersConfig } from '../servers/config.ts';
import { bundleHost } from '../servers/prepare.ts';
import type { Settings } from '../settings.ts';
import { type Secrets, statePaths } from '../state.ts';
import { keepRestarting, type Restarting } from './restarting.ts';
import { watchSources } from './watch.ts';

const GRACE_MS = 10_000;

export interface DevEdgeOptions {
  readonly root: string;
  readonly settings: Settings;
  readonly secrets: Secrets;
  /** Where it listens, and the port that people use: the same, or that of the dashboard's server in front of it. */
  readonly port: number;
  readonly publicPort: number;
  /** Where a debugger attaches to it. */
  readonly inspectorPort: number;
  /** The process that runs the servers of sites; null where the settings switch it off. */
  readonly servers: ServersConfig | null;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Its config: that of `npm start`, on another port if something is in front of it. Pure. */
export function devEdgeConfig(
  { root, settings, secrets, port, publicPort, inspectorPort, servers }: DevEdgeOptions,
  main: string,
  host: string,
): EdgeConfig {
  // Every URL that it returns, including presigned ones, uses the public port.
  const config = edgeConfig({ ...settings, port: publicPort, requestLog: true }, secrets, root, main);
  return {
    ...config,
    port,
    inspectorPort,
    ...(servers === null ? {} : { servers: { ...servers, main: host } }),
  };
}

/**
 * Starts it, and restarts it on change.
 * @throws StackProblem `edge_failed` if the first bundle or start fails
 */
export async function startDevEdge(options: DevEdgeOptions): Promise<Restarting> {
  const { root, settings, env, say, signal } = options;
  const paths = statePaths(settings.state);
  const mongodb = settings.passedOn.MONGODB_URI !== undefined;
  const bundle = () => bundleControlPlane(root, paths.bundle, { mongodb });
  let main = await bundle();
  let host = options.servers?.main ?? '';
  const edge = await keepRestarting({
    name: 'The edge',
    start: () =>
      startEdge(devEdgeConfig(options, main, host), { env, logFile: join(paths.logs, 'edge.log') }),
    say,
    graceMs: GRACE_MS,
  });
  watchSources({
    folders: ['edge/src', 'edge/migrations', 'protocol/src'].map((folder) => join(root, folder)),
    onChange: async () => {
      // Code that does not bundle never replaces the running code.
      main = await bundle();
      if (options.servers !== null) host = await bundleHost(root, paths.hostBundle);
      await edge.restart();
      say(`The edge runs the new code at ${addressesOf(settings).publicUrl}`);
    },
    onError: (error) => say(`The edge keeps the old code: ${error instanceof Error ? error.message : error}`),
    signal,
  });
  return edge;
}
