/**
 * The edge process: the Worker of wrangler.toml in workerd, on 127.0.0.1. `start.ts` runs it as a child, sends it an
 * EdgeConfig, and may kill and restart it at any time: everything it stores is on disk.
 */
import { Miniflare } from 'miniflare';
import { z } from 'zod';
import { collectGarbageSoon } from '../runner/src/memory.ts';
import { localUrlOf } from './addresses/addresses.ts';
import { type ControlServer, serveControl } from './backup/capture/control.ts';
import { Blobs, blobFolder } from './edge/blobs.ts';
import { EdgeConfig, type EdgeMessage, LogLevel } from './edge/config.ts';
import { startCrons } from './edge/crons.ts';
import { migrateDatabases } from './edge/migrations.ts';
import { miniflareOptions } from './edge/options.ts';
import { isStackProblem, messageOf } from './problem.ts';
import { keepServers, type Servers } from './servers/servers.ts';
import { readWranglerConfig } from './wrangler/config.ts';

if (process.send === undefined) {
  process.stderr.write('edge.ts cannot be run directly: run "npm start"\n');
  process.exit(1);
}

/** What is read of the configuration beside the Worker's options. */
const Triggers = z.looseObject({ crons: z.array(z.string()).default([]) });

/** How long requests to servers may take to end when the instance stops. Milliseconds. */
const SERVERS_GRACE_MS = 3_000;

/** Sends a message to the parent; `then` runs when it was sent, or if there is no parent any more. */
function tell(message: EdgeMessage, then: () => void = () => undefined): void {
  process.send?.(message, undefined, undefined, then);
}

const log = (level: string, message: string) =>
  console.log(`${new Date().toISOString()} ${level} ${message}`);

/**
 * workerd's remark at each start about the flags of V8 (process.ts): the code that it has compiled already was compiled
 * without them, so it compiles it again.
 */
const ABOUT_V8_FLAGS = 'bootstrap compile cache failed its compatibility check';

/** Writes what the Worker logs at a level or above. workerd has levels of its own as well; those are always written. */
function logFrom(least: LogLevel): typeof log {
  const levels: readonly string[] = LogLevel.options;
  return (level, message) => {
    if (message.includes(ABOUT_V8_FLAGS)) return;
    const rank = levels.indexOf(level === 'log' ? 'info' : level);
    if (rank === -1 || rank >= levels.indexOf(least)) log(level, message);
  };
}

type Question = Parameters<Servers['service']>[0];

async function run(config: z.output<typeof EdgeConfig>): Promise<void> {
  for (const name of await migrateDatabases(config)) log('info', `applied migration ${name}`);
  const blobs = new Blobs(blobFolder(config.persist, config.bucket.name));
  // Both processes start side by side. What the control plane asks about the other one waits until that is known.
  const keeping = config.servers === undefined ? null : keepServers(config.servers, log);
  const service = keeping === null ? null : async (request: Question) => (await keeping).service(request);
  const miniflare = new Miniflare(miniflareOptions(config, logFrom(config.logLevel), blobs, service));
  const [servers] = await Promise.all([keeping, miniflare.ready]);
  const crons = startCrons(
    miniflare,
    Triggers.parse(readWranglerConfig(config.wranglerConfig).config.triggers).crons,
    (error) => log('error', `a scheduled run failed: ${messageOf(error)}`),
  );
  const { variables, environment } = config;
  const control: ControlServer | null =
    config.control === undefined
      ? null
      : await serveControl(config.control, {
          url: localUrlOf(config.host, config.port),
          variables,
          environment,
        });
  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    control?.close();
    crons.stop();
    await Promise.all([miniflare.dispose(), servers?.stop(SERVERS_GRACE_MS)]);
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
  // The parent has ended, for any reason: nobody else would stop this process.
  process.on('disconnect', end);
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
