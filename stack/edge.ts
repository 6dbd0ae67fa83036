/**
 * The edge process: the Worker of wrangler.toml in workerd, on 127.0.0.1. `start.ts` runs it as a child, sends it an
 * EdgeConfig, and may kill and restart it at any time: everything it stores is on disk.
 */
import { join } from 'node:path';
import type { z } from 'zod';
import { collectGarbageSoon } from '../runner/src/memory.ts';
import { localUrlOf } from './addresses/addresses.ts';
import { type ControlServer, serveControl } from './backup/capture/control.ts';
import { assembledServices, keptBeside } from './edge/assembled/assembled.ts';
import { Blobs, blobFolder } from './edge/blobs.ts';
import { serveCalls } from './edge/calls.ts';
import { extraCertificates } from './edge/certificates.ts';
import { EdgeConfig, type EdgeMessage, temporaryFolder } from './edge/config.ts';
import { startCrons } from './edge/crons.ts';
import { serveInspector } from './edge/inspector.ts';
import { indented, isWritten } from './edge/log.ts';
import { migrateDatabases } from './edge/migrations.ts';
import { keepRuntime } from './edge/runtime.ts';
import { CALLS_SOCKET, CRON_SOCKET, runtimeConfig } from './edge/runtime-config.ts';
import { servicesOf } from './edge/services.ts';
import { readWorker } from './edge/worker.ts';
import { isStackProblem, messageOf } from './problem.ts';
import { socketPaths } from './servers/config.ts';
import { keepServers } from './servers/servers.ts';
import { embeddedModules } from './workerd/modules.ts';

if (process.send === undefined) {
  process.stderr.write('edge.ts cannot be run directly: run "npm start"\n');
  process.exit(1);
}

/**
 * V8 sizes its heaps by the memory of the machine, and first collects old objects when they fill hundreds of megabytes. Each
 * of workerd's isolates needs tens. What is not collected holds memory outside of the heap as well: bodies, streams, sockets.
 * The new objects of an isolate get 1 MB, and old ones are collected when they have grown by 30 percent. Over 80
 * deployments, that saved 8 percent of workerd's memory and cost half a percent of processor time.
 */
const V8_FLAGS = ['--initial-old-space-size=8', '--max-semi-space-size=1', '--heap-growing-percent=30'];

/** How long requests to servers may take to end when the instance stops. Milliseconds. */
const SERVERS_GRACE_MS = 3_000;

/** Sends a message to the parent; `then` runs when it was sent, or if there is no parent any more. */
function tell(message: EdgeMessage, then: () => void = () => undefined): void {
  process.send?.(message, undefined, undefined, then);
}

/** Ends this process: while it starts, with all that it has begun. */
let end: () => unknown = () => process.exit(1);
// The parent has ended, for any reason: nobody else would stop this process.
process.on('disconnect', () => end());

const log = (level: string, message: string) =>
  console.log(`${new Date().toISOString()} ${level} ${message}`);

async function run(config: z.output<typeof EdgeConfig>): Promise<void> {
  for (const name of await migrateDatabases(config)) log('info', `applied migration ${name}`);
  const { persist, bucket, main, variables, environment } = config;
  const folder = temporaryFolder(persist);
  // Both processes start side by side. What the control plane asks about the other one waits until that is known.
  const keeping = config.servers === undefined ? null : keepServers(config.servers, log);
  // Its failure is thrown where it is waited for, and until then it ends nothing.
  keeping?.catch(() => undefined);
  const blobs = new Blobs(blobFolder(persist, bucket.name));
  const services = servicesOf(config, blobs, keeping);
  const calls = await serveCalls(join(folder, CALLS_SOCKET), services, (error) =>
    log('error', `a call of the control plane failed: ${messageOf(error)}`),
  );
  const worker = readWorker(config.wranglerConfig);
  const runtimeOptions = {
    ...config,
    folder,
    proxySocket: config.proxySocket ?? null,
    servers: config.servers === undefined ? null : socketPaths(config.servers.sockets),
    front: join(import.meta.dirname, 'edge', 'front'),
    modules: embeddedModules(main, folder),
    assembled: await assembledServices({ ...config, bucket: bucket.name }, keptBeside(main)),
    variables: { ...worker.variables, ...variables },
    calls: Object.keys(services),
    certificates: extraCertificates(),
    v8Flags: V8_FLAGS,
  };
  const { inspectorPort } = config;
  const inspector = inspectorPort === undefined ? null : await serveInspector(inspectorPort);
  const [servers, runtime] = await Promise.all([
    keeping,
    keepRuntime(runtimeConfig(runtimeOptions), folder, inspector?.runtime ?? null, {
      onLine: (line) => {
        if (isWritten(line, config.logLevel)) log(line.level, indented(line.message));
      },
      say: (text, level = 'info') => log(level, text),
    }),
  ]);
  const timers = startCrons(join(folder, CRON_SOCKET), worker.crons, (error) =>
    log('error', `a scheduled run failed: ${messageOf(error)}`),
  );
  const control: ControlServer | null =
    config.control === undefined
      ? null
      : await serveControl(config.control, {
          url: localUrlOf(config.host, config.port),
          variables,
          environment,
        });
  let ending = false;
  end = async () => {
    if (ending) return;
    ending = true;
    control?.close();
    inspector?.close();
    timers.stop();
    await Promise.all([runtime.stop(), servers?.stop(SERVERS_GRACE_MS)]);
    calls.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
  tell({ type: 'ready', port: config.port });
  collectGarbageSoon();
}

process.once('message', (message) => {
  run(EdgeConfig.parse(message)).catch((error: unknown) => {
    log('error', error instanceof Error && error.stack !== undefined ? error.stack : String(error));
    const newer = isStackProblem(error, 'state_newer') ? { newer: error.advice } : {};
    tell({ type: 'failed', reason: messageOf(error), ...newer }, () => process.exit(1));
  });
});
