/** One process of workerd that runs the servers of sites: its start, until it listens. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { extraCertificates } from '../edge/certificates.ts';
import { messageOf, StackProblem } from '../problem.ts';
import { configText } from '../workerd/config.ts';
import { embeddedModules } from '../workerd/modules.ts';
import { type RunningWorkerd, startWorkerd } from '../workerd/run.ts';
import { type ServersConfig, socketPaths } from './config.ts';
import { openLog } from './log.ts';
import { HOST_SOCKET, readHostWorker, workerdConfig } from './workerd-config.ts';

/**
 * V8's heaps are collected when they hold a few megabytes (stack/edge.ts says why), and one that needs more than 256 MB
 * ends the process: a server on Cloudflare has 128 MB.
 */
const V8_FLAGS = ['--initial-old-space-size=8', '--max-old-space-size=256'];

/**
 * Starts workerd with the host Worker. It belongs to the process group of its parent, with which it ends.
 * @throws StackProblem `servers_failed` with workerd's own words
 */
export async function startServers(config: z.output<typeof ServersConfig>): Promise<RunningWorkerd> {
  const { host, starting } = socketPaths(config.sockets);
  const folder = `${config.persist}-tmp`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await mkdir(config.persist, { recursive: true, mode: 0o700 });
  await mkdir(config.sockets, { recursive: true, mode: 0o700 });
  // workerd does not replace the socket of one that was killed.
  await rm(starting, { force: true });
  const file = join(folder, 'workerd.capnp');
  const worker = readHostWorker(config.wranglerConfig);
  const text = configText(
    workerdConfig({
      worker: { ...worker, vars: { ...worker.vars, ...config.vars } },
      modules: embeddedModules(config.main, folder),
      persist: config.persist,
      sockets: config.sockets,
      allowPrivate: config.allowPrivate,
      certificates: extraCertificates(),
      v8Flags: V8_FLAGS,
    }),
  );
  await writeFile(file, text, { mode: 0o600 });
  await mkdir(dirname(config.logFile), { recursive: true, mode: 0o700 });
  const log = openLog(config.logFile);
  try {
    // What servers print with console.log is dropped: it has a log of its own, by App.
    const running = await startWorkerd({
      configFile: file,
      folder,
      sockets: [HOST_SOCKET],
      onError: (chunk) => log.write(chunk),
    });
    void running.ended.then(() => log.close());
    // Nobody finds the name without anything behind it.
    await rename(starting, host);
    return running;
  } catch (error) {
    const reason = `${messageOf(error)}: ${log.last()}`;
    log.close();
    throw new StackProblem(
      'servers_failed',
      `The process for servers of sites did not start (${reason})`,
      `see ${config.logFile}`,
    );
  }
}
