/**
 * `npm start`: a whole instance on this machine. Finds or installs a Docker engine, builds what is out of date,
 * starts the control plane and its runners, and keeps them running until a signal ends it.
 */
import { join } from 'node:path';
import { type Level, writesToJournal } from '../runner/src/journal-priority.ts';
import { collectGarbageSoon } from '../runner/src/memory.ts';
import { type Addresses, addressesOf } from './addresses/addresses.ts';
import { isLoopback } from './addresses/host.ts';
import { unresolvedNames } from './addresses/resolving.ts';
import { runSchedule } from './backup/schedule.ts';
import { ROOT, runCommand } from './command.ts';
import { type ControlPlane, controlPlane } from './control-plane.ts';
import { launchEdge, startEdge } from './edge/process.ts';
import { serveAnswers } from './https/answers.ts';
import { ensureCaddy } from './https/caddy.ts';
import { certificatesOf, checkProxy, startProxy } from './https/proxy.ts';
import { edgeConfig } from './instance.ts';
import { LocalRunners } from './local-runners.ts';
import { forwardLogs } from './log/forward.ts';
import { machineStatus } from './machine-status.ts';
import { checkDisk, checkPlatform, checkPort } from './preconditions.ts';
import { prepare } from './prepare/prepare.ts';
import { StackProblem } from './problem.ts';
import { during, progressOn } from './progress.ts';
import { readyLine, untilReady } from './ready.ts';
import { prepareServers } from './servers/prepare.ts';
import { readSettings, type Settings, withoutSecrets } from './settings.ts';
import { keepSecrets, makeStateFolder, proxySocketPath, statePaths } from './state.ts';
import { openState } from './state-format.ts';
import { stopRequested } from './stopping.ts';
import { supervise } from './supervise.ts';
import { unknownVariables } from './unknown-variables.ts';

const EDGE_GRACE_MS = 10_000;

const progress = progressOn(process.stdout);
const env = withoutSecrets(process.env);

/** Whether the command is ending: then failures are not reported. */
let ending = false;

/** Builds and starts everything. `cleanup` gets what has to be undone at the end, in reverse order. */
async function bringUp(
  settings: Settings,
  cleanup: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<void> {
  const { state } = settings;
  const addresses = addressesOf(settings);
  const paths = statePaths(state);
  await makeStateFolder(state);
  cleanup.defer(await openState(state, ROOT));
  await checkPort(addresses.edge.port, addresses.edge.host);
  const caddy = await prepareProxy(addresses, signal);
  void warnOfNames(addresses);
  await checkDisk(state, paths.edge);
  const { MONGODB_URI } = settings.passedOn;
  if (MONGODB_URI !== undefined) {
    // Its driver takes 25 MB, which an instance without MongoDB doesn't need.
    const { checkMongo } = await import('./mongo/check.ts');
    await checkMongo(MONGODB_URI);
  }

  const logFile = join(paths.logs, 'edge.log');
  // What serves ends after what builds.
  const serving = cleanup.use(new AsyncDisposableStack());
  const launched = await launchEdge({ persist: paths.edge, env, logFile });
  serving.defer(async () => void (await launched.stop(EDGE_GRACE_MS)));
  const { dockerHost, main, host, runner } = await prepare(process.env, cleanup);
  const secrets = await keepSecrets(state);
  const edge = controlPlane(addresses.localUrl, secrets.operatorSecret);
  const answers = await serveAnswers({
    addresses,
    mayHaveCertificate: (host) => edge.mayHaveCertificate(host),
    certificates: () => certificatesOf(addresses.https, paths.proxy),
    machine: () => machineStatus(state, dockerHost),
  });
  serving.use(answers);
  const proxySocket = addresses.https === null ? null : await proxySocketPath(state, serving);
  if (writesToJournal(1)) serving.use(await forwardLogs(paths, say));
  const runnerEnv = { ...env, ...(dockerHost === null ? {} : { DOCKER_HOST: dockerHost }) };
  const runners = new LocalRunners({ settings, edge, bundle: runner, env: runnerEnv, say });
  cleanup.defer(() => runners.stop());
  await during(progress, 'Starting AppFlux', async (task) => {
    task.detail('starting the control plane');
    const servers = host === null ? null : await prepareServers(ROOT, settings, host, serving);
    const config = edgeConfig(settings, secrets, ROOT, main, {
      statusUrl: answers.statusUrl,
      machineUrl: answers.machineUrl,
      dnsUrl: answers.dnsUrl,
      proxySocket,
      servers,
    });
    const [first] = await Promise.all([launched.run(config), runners.startRegistered()]);
    const start = () => startEdge(config, { env, logFile });
    const control = supervise({ name: 'The control plane', first, start, say });
    serving.defer(() => control.stop(EDGE_GRACE_MS));
    if (caddy === null || addresses.https === null || proxySocket === null) return;
    task.detail('starting the proxy');
    const proxy = await startProxy({
      program: caddy,
      addresses,
      https: addresses.https,
      files: paths.proxy,
      edgeSocket: proxySocket,
      askUrl: answers.askUrl,
      env,
      say,
    });
    serving.defer(() => proxy.stop());
  });
  const signIn = await edge.setUp(settings.bootstrapToken);
  if (runners.names.length > 0) await untilRunnersAre(runners, edge, paths.logs);
  cleanup.defer(runSchedule(state, env, say));
  progress.say(readyLine(addresses.publicUrl, signIn));
  collectGarbageSoon();
}

/** Starts the runners that don't run yet, and waits until the instance is ready. */
async function untilRunnersAre(runners: LocalRunners, edge: ControlPlane, logs: string): Promise<void> {
  const { names } = runners;
  const title = names.length === 1 ? 'Starting a runner' : `Starting ${names.length} runners`;
  await during(progress, title, async (task) => {
    await runners.start();
    await untilReady(edge, names, logs, task);
  });
}

/** Checks what the proxy needs, and gives its program; null where the instance doesn't end TLS itself. */
async function prepareProxy(addresses: Addresses, signal: AbortSignal): Promise<string | null> {
  const { https } = addresses;
  if (https === null) return null;
  const warnings = await checkProxy(https, addresses);
  for (const sentence of warnings) say(`Warning: ${sentence}`, 'warn');
  if (isLoopback(https.host)) {
    say(
      `Warning: APPFLUX_LISTEN=${https.host} is reached from this machine only; 0.0.0.0 is for others too.`,
      'warn',
    );
  }
  return ensureCaddy(progress, signal);
}

/** Warns of names that visitors could not resolve, whenever the answers come. */
async function warnOfNames(addresses: Addresses): Promise<void> {
  for (const sentence of await unresolvedNames(addresses)) say(`Warning: ${sentence}`, 'warn');
}

function say(text: string, level: Level = 'info'): void {
  if (!ending) progress.say(text, level);
}

await runCommand(async () => {
  checkPlatform(process.platform);
  if (process.argv.length > 2) {
    throw new StackProblem(
      'arguments_invalid',
      `"npm start" takes no arguments, got ${process.argv.slice(2).join(' ')}`,
      'use environment variables; docs/configuration.md lists them',
    );
  }
  for (const sentence of unknownVariables(process.env)) progress.say(`Warning: ${sentence}`, 'warn');
  const settings = readSettings(process.env, ROOT);
  const stop = stopRequested(() => process.exit(130));
  const stopping = new AbortController();
  const cleanup = new AsyncDisposableStack();
  try {
    const up = bringUp(settings, cleanup, stopping.signal);
    // Failures after the end was requested are caused by it.
    up.catch(() => undefined);
    await Promise.race([stop, up.then(() => stop)]);
    progress.say('Stopping: builds are cleaned up first.');
  } finally {
    ending = true;
    stopping.abort();
    await cleanup.disposeAsync();
  }
  return 0;
});
// What an interrupted start, or one that failed, has left undone must not delay the end.
process.exit();
