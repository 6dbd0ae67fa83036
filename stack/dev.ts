/**
 * `npm run dev`: an instance for working on AppFlux. The edge runs in workerd and is bundled again on change; Vite
 * with hot reload is in front of it; a runner restarts on change. State, secrets and migrations are those of `npm
 * start`.
 *
 * npm run dev all of it, on APPFLUX_PORT
 * npm run dev -- --only edge,runner some parts; the others may run elsewhere with the same state
 */
import { join } from 'node:path';
import { addressesOf } from './addresses/addresses.ts';
import { ROOT, runCommand } from './command.ts';
import { controlPlane } from './control-plane.ts';
import { startDevDashboard } from './dev/dashboard.ts';
import { startDevEdge } from './dev/edge.ts';
import { type Part, partsOf } from './dev/parts.ts';
import { DEV_RUNNER, startDevRunner } from './dev/runner.ts';
import { publicUrl } from './edge/config.ts';
import { ensureEngine } from './engine/ensure.ts';
import { freePort } from './free-port.ts';
import { ensureImage } from './images/build.ts';
import { pickImages, readCatalog } from './images/catalog.ts';
import { hostFacts } from './images/host.ts';
import { followLog } from './log/follow.ts';
import { checkPlatform, checkPort } from './preconditions.ts';
import { type Progress, progressOn } from './progress.ts';
import { readyLine, untilReady } from './ready.ts';
import { bundleHost, prepareServers } from './servers/prepare.ts';
import { readSettings, type Settings, withoutSecrets } from './settings.ts';
import { keepSecrets, makeStateFolder, statePaths } from './state.ts';
import { openState } from './state-format.ts';
import { stopRequested } from './stopping.ts';

const EDGE_INSPECTOR = 9229;
const RUNNER_INSPECTOR = 9230;

const progress = progressOn(process.stdout);
const env = withoutSecrets(process.env);

interface Development {
  readonly parts: ReadonlySet<Part>;
  readonly settings: Settings;
  readonly progress: Progress;
  readonly cleanup: AsyncDisposableStack;
  readonly signal: AbortSignal;
}

async function bringUp({ parts, settings, cleanup, signal }: Development): Promise<void> {
  const paths = statePaths(settings.state);
  await makeStateFolder(settings.state);
  if (parts.has('edge')) cleanup.defer(await openState(settings.state, ROOT));
  const secrets = await keepSecrets(settings.state);
  const say = (text: string) => progress.say(text);
  const addresses = addressesOf(settings);
  const edge = controlPlane(addresses.localUrl, secrets.operatorSecret);
  if (parts.has('edge') || parts.has('dashboard')) await checkPort(settings.port);

  const dockerHost = parts.has('runner') ? await startEngine(settings, cleanup, signal) : null;
  // If both run, the dashboard's server has the public port, and the edge one of its own.
  const edgePort = parts.has('edge') && parts.has('dashboard') ? await freePort() : settings.port;
  if (parts.has('dashboard')) {
    const logFile = join(paths.logs, 'dashboard.log');
    const edgeUrl = parts.has('edge') ? publicUrl(edgePort) : (env.APPFLUX_URL ?? 'http://localhost:8787');
    const vite = await startDevDashboard({ root: ROOT, port: settings.port, edgeUrl, env, logFile });
    cleanup.defer(async () => void (await vite.stop(2_000)));
  }
  if (parts.has('edge')) {
    cleanup.use(await followLog(join(paths.logs, 'edge.log'), (line) => say(`edge  ${line}`)));
    const ports = { port: edgePort, publicPort: settings.port, inspectorPort: EDGE_INSPECTOR };
    cleanup.use(await followLog(join(paths.logs, 'servers.log'), (line) => say(`servers  ${line}`)));
    const host = settings.serversMemoryBytes === 0 ? null : await bundleHost(ROOT, paths.hostBundle);
    const servers = host === null ? null : await prepareServers(ROOT, settings, host, cleanup);
    const given = { root: ROOT, settings, secrets, servers, ...ports };
    const running = await startDevEdge({ ...given, env, say, signal });
    cleanup.defer(() => running.stop());
    say(`Debug the edge at 127.0.0.1:${EDGE_INSPECTOR}`);
  }
  const signIn = parts.has('edge') ? await edge.setUp(settings.bootstrapToken) : null;
  if (dockerHost !== null) {
    cleanup.use(await followLog(join(paths.logs, `${DEV_RUNNER}.log`), (line) => say(`runner  ${line}`)));
    const inspect = { NODE_OPTIONS: `--inspect=127.0.0.1:${RUNNER_INSPECTOR}` };
    const running = await startDevRunner({
      root: ROOT,
      settings,
      url: addresses.localUrl,
      edge,
      env: { ...env, DOCKER_HOST: dockerHost },
      inspect,
      say,
      signal,
    });
    cleanup.defer(() => running.stop());
    say(`Debug the runner at 127.0.0.1:${RUNNER_INSPECTOR}`);
    const task = progress.task('Waiting for the runner');
    await untilReady(edge, [DEV_RUNNER], paths.logs, task);
    task.done();
  }
  say(signIn === null ? `ready  ${addresses.publicUrl}` : readyLine(addresses.publicUrl, signIn));
}

/** The engine for a runner, with the images that the settings name. Returns its address. */
async function startEngine(settings: Settings, cleanup: AsyncDisposableStack, signal: AbortSignal) {
  const ready = await ensureEngine({ env, state: settings.state, progress, signal });
  cleanup.defer(() => ready.release());
  const host = await hostFacts(ready.engine, env, ROOT);
  for (const image of pickImages(await readCatalog(join(ROOT, 'builder-images')), settings.images)) {
    await ensureImage(ready.engine, image, { host, env, progress, rebuild: false });
  }
  return ready.address.name;
}

await runCommand(async () => {
  checkPlatform(process.platform);
  const parts = partsOf(process.argv.slice(2));
  // Hot reload is for this machine: only the URLs that are given out may be another's.
  const given = readSettings(process.env, ROOT);
  const settings = { ...given, reach: { ...given.reach, listen: '127.0.0.1' } };
  const stop = stopRequested(() => process.exit(130));
  const stopping = new AbortController();
  const cleanup = new AsyncDisposableStack();
  try {
    const up = bringUp({ parts, settings, progress, cleanup, signal: stopping.signal });
    // Errors after the end was requested are caused by it.
    up.catch(() => undefined);
    await Promise.race([stop, up.then(() => stop)]);
  } finally {
    stopping.abort();
    await cleanup.disposeAsync();
  }
  setImmediate(() => process.exit());
  return 0;
});
