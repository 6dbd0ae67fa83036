/** The workerd that runs the control plane: started, and started again when it has ended by itself. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { messageOf, StackProblem } from '../problem.ts';
import { restartDelay, supervise } from '../supervise.ts';
import { configText, type RuntimeConfig } from '../workerd/config.ts';
import { type RunningWorkerd, startWorkerd } from '../workerd/run.ts';
import { type Line, printed } from './log.ts';

/** What workerd writes when a socket's address is taken: its name, which is the address (runtime-config.ts). */
const TAKEN = /Socket "([^"]+)": bind\(\): .*\(os error 98\)/;

/** How many of its last lines are kept, to say why it has not started. */
const RECENT = 3;

export interface Runtime {
  /** Ends it. Whatever it has written is on disk, so it is killed. */
  stop(): Promise<void>;
}

/**
 * Starts workerd, and keeps it running.
 * @param folder where it runs: a folder for this user only, absolute
 * @param inspector where a debugger attaches, as `host:port`; null for nowhere
 * @param options.onLine gets what it prints
 * @param options.say gets what is to be said of its ends
 * @throws StackProblem `edge_failed` if it does not start
 */
export async function keepRuntime(
  config: RuntimeConfig,
  folder: string,
  inspector: string | null,
  { onLine, say }: { onLine: (line: Line) => void; say: (text: string, level?: 'info' | 'warn') => void },
): Promise<Runtime> {
  const start = () => startRuntime(config, folder, inspector, onLine);
  const first = await start();
  const supervision = supervise({
    name: 'The runtime',
    first,
    start,
    say,
    delay: (ends) => (ends === 1 ? 0 : restartDelay(ends - 1)),
  });
  return { stop: () => supervision.stop(0) };
}

async function startRuntime(
  config: RuntimeConfig,
  folder: string,
  inspector: string | null,
  onLine: (line: Line) => void,
): Promise<RunningWorkerd> {
  let recent: string[] = [];
  const { output, error } = printed((line) => {
    if (line.message !== '') recent = [...recent, line.message].slice(-RECENT);
    onLine(line);
  });
  const configFile = join(folder, 'control-plane.capnp');
  await prepareFolders(config, folder);
  await writeFile(configFile, configText(config), { mode: 0o600 });
  try {
    return await startWorkerd({
      configFile,
      folder,
      sockets: config.sockets.map(({ name }) => name),
      ...(inspector === null ? {} : { inspector }),
      onPrinted: output,
      onError: error,
    });
  } catch (failure) {
    const taken = recent.map((line) => TAKEN.exec(line)?.[1]).find((address) => address !== undefined);
    throw new StackProblem(
      'edge_failed',
      taken === undefined
        ? `workerd did not start (${[messageOf(failure), ...recent].join(': ')})`
        : `${taken} is in use by another program`,
      taken === undefined ? 'see edge.log in the logs folder of the state folder' : 'end that program',
    );
  } finally {
    // It has read the configuration, which has secrets in it.
    await rm(configFile, { force: true });
  }
}

/** Makes the folders for data, and removes sockets: workerd does not replace those that a killed one has left. */
async function prepareFolders({ services, sockets }: RuntimeConfig, folder: string): Promise<void> {
  for (const service of services) {
    if ('disk' in service) await mkdir(service.disk.path, { recursive: true });
  }
  for (const { address } of sockets) {
    if (address.startsWith('unix:'))
      await rm(resolve(folder, address.slice('unix:'.length)), { force: true });
  }
}
