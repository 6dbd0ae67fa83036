/**
 * Prepares what an instance is made of: engine, malware scanner and builder images, the dashboard, and the bundles of both
 * Workers and of the runner.
 * The settings are in the environment, and the command that began this gets a PreparedMessage. It is a process of its own
 * because it ends: libraries that only this needs, and the holes that thousands of files leave in memory, would take an
 * instance's memory for months. Where it has started the engine itself, it runs until TERM, and ends it then.
 */
import { join } from 'node:path';
import { inspect } from 'node:util';
import { ROOT } from '../command.ts';
import { copyDashboard, ensureDashboard } from '../dashboard.ts';
import { bundleControlPlane } from '../edge/control-plane-bundle.ts';
import { ensureEngine, type ReadyEngine } from '../engine/ensure.ts';
import { ensureImage } from '../images/build.ts';
import { type BuilderImage, pickImages, readCatalog } from '../images/catalog.ts';
import { hostFacts } from '../images/host.ts';
import { asProblem, isStackProblem } from '../problem.ts';
import { during, progressOn } from '../progress.ts';
import { bundleRunner } from '../runner-bundle.ts';
import { ensureScanner } from '../scanner.ts';
import { bundleHost } from '../servers/prepare.ts';
import { readSettings, type Settings, withoutSecrets } from '../settings.ts';
import { statePaths } from '../state.ts';
import type { PreparedMessage } from './message.ts';

if (process.send === undefined) {
  process.stderr.write('prepare/run.ts cannot be run directly: run "npm start"\n');
  process.exit(1);
}

/** Sends a message to the command. Resolves when it was sent, or there is no command any more. */
const tell = (message: PreparedMessage): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });

const env = withoutSecrets(process.env);
const progress = progressOn(process.stdout);
const stopping = new AbortController();
const { promise: stop, resolve: onStop } = Promise.withResolvers<void>();
process.on('SIGTERM', () => {
  stopping.abort();
  onStop();
});
// Ctrl-C on the terminal reaches this process as well. The command decides what it means, and sends TERM.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
// The command was killed. An engine that was started for it runs on, as its containers do, and the next start finds it.
process.on('disconnect', () => {
  if (!stopping.signal.aborted) process.exit(1);
});

/** The engine, from when it is looked for; null if the instance needs none. */
let engine: Promise<ReadyEngine> | null = null;

/** The scanner and the images that builds need. @returns the engine's address */
async function prepareBuilds(
  found: ReadyEngine,
  scan: Settings['scan'],
  images: readonly BuilderImage[],
): Promise<string> {
  const host = await hostFacts(found.engine, env, ROOT);
  await ensureScanner(scan, env, progress, stopping.signal);
  for (const image of images) await ensureImage(found.engine, image, { host, env, progress, rebuild: false });
  return found.address.name;
}

/** The dashboard, and all bundles. */
async function prepareControlPlane({ state, passedOn, serversMemoryBytes, runners }: Settings) {
  const paths = statePaths(state);
  await ensureDashboard(ROOT, env, progress);
  await copyDashboard(ROOT, paths.dashboard);
  const mongodb = passedOn.MONGODB_URI !== undefined;
  return during(progress, 'Preparing the control plane', async () => {
    const main = await bundleControlPlane(ROOT, paths.bundle, { mongodb });
    const host = serversMemoryBytes === 0 ? null : await bundleHost(ROOT, paths.hostBundle);
    const runner = runners === 0 ? null : await bundleRunner(ROOT, paths.runnerBundle);
    return { main, host, runner };
  });
}

async function prepare(): Promise<void> {
  const settings = readSettings(process.env, ROOT);
  const { state, runners, scan } = settings;
  const catalog = await readCatalog(join(ROOT, 'builder-images'));
  // What is wrong with the settings is said before anything is started.
  const images = runners > 0 ? pickImages(catalog, settings.images) : [];
  // Only runners use an engine: without any, the instance needs neither Docker nor its permissions.
  engine = runners > 0 ? ensureEngine({ env, state, progress, signal: stopping.signal }) : null;
  const [dockerHost, bundles] = await Promise.all([
    engine?.then((found) => prepareBuilds(found, scan, images)) ?? null,
    prepareControlPlane(settings),
  ]);
  await tell({ type: 'ready', dockerHost, ...bundles });
  if ((await engine)?.isOurs) await stop;
}

/** Ends an engine that was started here, also while it starts. */
async function release(): Promise<void> {
  const found = await engine?.catch(() => {
    // Without one, there is none to end; that was reported.
    return null;
  });
  await found?.release();
}

try {
  // What is still being built when the command ends does not delay it: it ends with this process.
  await Promise.race([prepare(), stop]);
  await release();
  process.exit(0);
} catch (thrown) {
  const error = asProblem(thrown);
  if (isStackProblem(error)) {
    const { code, message, advice } = error;
    await tell({ type: 'problem', code, message, advice });
  } else if (!stopping.signal.aborted) {
    process.stderr.write(`${inspect(error)}\n`);
  }
  stopping.abort();
  await release();
  process.exit(1);
}
