/** What a local instance needs to run the servers of sites: the bundled host Worker, and where its sockets and data are. */
import { join } from 'node:path';
import { bundleWorker } from '../edge/bundle.ts';
import type { Settings } from '../settings.ts';
import { LONGEST_SOCKET_PATH, makeFolderFor, statePaths } from '../state.ts';
import { type ServersConfig, socketPaths } from './config.ts';

/** The configuration of the host Worker in a checkout. */
export const hostWranglerConfig = (root: string): string => join(root, 'wrangler.servers.toml');

/**
 * Bundles the host Worker, unless there is a bundle from the same sources.
 * @param into where bundles are kept
 * @returns the main module's path
 * @throws StackProblem `edge_failed` with the bundler's output
 */
export function bundleHost(root: string, into: string): Promise<string> {
  return bundleWorker(
    {
      wranglerConfig: hostWranglerConfig(root),
      sources: ['edge', 'protocol'].map((part) => join(root, part)),
      files: [join(root, 'package-lock.json')],
    },
    into,
  );
}

/**
 * The config of the process. `cleanup` removes a folder for the sockets that is not in the state folder.
 * @param main the host Worker's main module, absolute
 */
export async function prepareServers(
  root: string,
  settings: Pick<Settings, 'state' | 'serversMemoryBytes' | 'passedOn'>,
  main: string,
  cleanup: AsyncDisposableStack,
): Promise<ServersConfig> {
  const paths = statePaths(settings.state);
  const { SERVER_STATE_MB } = settings.passedOn;
  return {
    wranglerConfig: hostWranglerConfig(root),
    main,
    persist: paths.servers,
    sockets: await socketFolder(paths.sockets, cleanup),
    logFile: join(paths.logs, 'servers.log'),
    memoryBytes: settings.serversMemoryBytes,
    vars: SERVER_STATE_MB === undefined ? {} : { SERVER_STATE_MB },
    allowPrivate: settings.passedOn.APPFLUX_ALLOW_PRIVATE_TARGETS === '1',
  };
}

/** The folder, or where it is too deep for the path of a socket, a temporary one for this user only. */
async function socketFolder(folder: string, cleanup: AsyncDisposableStack): Promise<string> {
  const longest = Math.max(...Object.values(socketPaths(folder)).map((path) => Buffer.byteLength(path)));
  return longest <= LONGEST_SOCKET_PATH ? folder : makeFolderFor(cleanup);
}
