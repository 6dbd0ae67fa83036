/**
 * Runs an instance as services of systemd; docs/self-hosting.md describes them.
 *
 *   npm run service -- install [--root FOLDER]   writes, enables and starts them; again after an update
 *   npm run service -- status                    what runs
 *   npm run service -- logs [ARGUMENTS]          the journal, with arguments of journalctl such as -f
 *   npm run service -- remove [--root FOLDER]    stops and removes them; data and settings stay
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs, parseEnv } from 'node:util';
import { execa } from 'execa';
import { addressesOf } from './addresses/addresses.ts';
import { ROOT, runCommand } from './command.ts';
import { ensureDashboard } from './dashboard.ts';
import { ensureEngine } from './engine/ensure.ts';
import { ensureCaddy } from './https/caddy.ts';
import { ensureImage } from './images/build.ts';
import { pickImages, readCatalog } from './images/catalog.ts';
import { hostFacts } from './images/host.ts';
import { checkPlatform } from './preconditions.ts';
import { messageOf, StackProblem } from './problem.ts';
import { progressOn } from './progress.ts';
import { ensureScanner } from './scanner.ts';
import { createUsers, disable, enable, removeFiles, type System, writeFiles } from './service/install.ts';
import { checkPlaces, REMOVED_FILES, serviceFiles } from './service/plan.ts';
import {
  ENVIRONMENT_FILE,
  INSTANCE_STATE,
  INSTANCE_UNIT,
  RUNNER_STATE,
  RUNNER_UNIT,
  type ServiceOptions,
} from './service/units.ts';
import { readSettings, type Settings } from './settings.ts';

const progress = progressOn(process.stdout);
const UNITS = [INSTANCE_UNIT, RUNNER_UNIT];

/** The environment that the services will have: the file's, if there is one already, else this process's. */
async function environmentOf(system: System): Promise<NodeJS.ProcessEnv> {
  const file = system.root === null ? ENVIRONMENT_FILE : join(system.root, ENVIRONMENT_FILE);
  if (!existsSync(file)) return process.env;
  return parseEnv(await readFile(file, 'utf8'));
}

async function install(system: System): Promise<void> {
  const env = await environmentOf(system);
  const settings = readSettings(env, ROOT);
  const runner = withRunner(system);
  const { edge, https } = addressesOf(settings);
  const ports = [edge.port, ...(https === null ? [] : [https.port, https.httpPort])];
  const options: ServiceOptions = {
    root: ROOT,
    node: process.execPath,
    lowPorts: ports.some((port) => port < 1024),
    runner,
  };
  const units = runner ? UNITS : [INSTANCE_UNIT];
  if (system.root === null) {
    checkPlaces(options);
    requireSystemd();
    await prepare(settings, env, runner);
  }
  if (!runner) {
    await disable(system, [RUNNER_UNIT]);
    await removeFiles(system, [`/etc/systemd/system/${RUNNER_UNIT}`]);
  }
  const written = await writeFiles(system, serviceFiles(options, env));
  for (const path of written) progress.say(`Wrote ${path}`);
  await createUsers(system);
  await enable(system, units);
  if (system.root !== null) {
    progress.say(`Installed into ${system.root}. The services start when that system boots.`);
    return;
  }
  progress.say(
    `Starting. "npm run service -- logs -f" shows the sign-in link; settings are in ${ENVIRONMENT_FILE}.`,
  );
}

/** Whether the runner is to be installed: what APPFLUX_RUNNERS says, else what is installed, else yes. */
function withRunner(system: System): boolean {
  const text = process.env.APPFLUX_RUNNERS;
  const installed = (unit: string) => existsSync(join(system.root ?? '/', 'etc/systemd/system', unit));
  if (!text) return !installed(INSTANCE_UNIT) || installed(RUNNER_UNIT);
  const { runners } = readSettings({ APPFLUX_RUNNERS: text }, ROOT);
  if (runners <= 1) return runners === 1;
  throw new StackProblem(
    'settings_invalid',
    `APPFLUX_RUNNERS=${runners}, but the service has one runner`,
    'set APPFLUX_SLOTS to the number of builds that it runs at a time',
  );
}

function requireSystemd(): void {
  if (!existsSync('/run/systemd/system')) {
    throw new StackProblem(
      'service_failed',
      'systemd is not running on this machine',
      'run "npm start" under the supervisor that this machine has, or use --root FOLDER to prepare another system',
    );
  }
  if (process.getuid?.() === 0) return;
  throw new StackProblem('service_failed', 'Only root can install services', 'run this with sudo');
}

/** What the services can't do themselves: they neither install packages nor write to the checkout. */
async function prepare(settings: Settings, env: NodeJS.ProcessEnv, runner: boolean): Promise<void> {
  const { signal } = new AbortController();
  await mkdir(join(ROOT, '.wrangler'), { recursive: true });
  await ensureDashboard(ROOT, process.env, progress);
  if (addressesOf(settings).https !== null) await ensureCaddy(progress, signal);
  if (!runner) return;
  const { engine } = await ensureEngine({ env, state: INSTANCE_STATE, progress, signal });
  await ensureScanner(settings.scan, env, progress, signal);
  const host = await hostFacts(engine, process.env, ROOT);
  for (const image of pickImages(await readCatalog(join(ROOT, 'builder-images')), settings.images)) {
    await ensureImage(engine, image, { host, env: process.env, progress, rebuild: false });
  }
}

async function remove(system: System): Promise<void> {
  if (system.root === null) requireSystemd();
  await disable(system, UNITS);
  await removeFiles(system, REMOVED_FILES);
  if (system.root === null) await execa('systemctl', ['daemon-reload'], { stdin: 'ignore' });
  progress.say(`Removed. Data stays in ${INSTANCE_STATE} and ${RUNNER_STATE}, settings in /etc/appflux.`);
}

/** Runs a program in the foreground. Returns its exit code. */
async function show(program: string, args: readonly string[]): Promise<number> {
  const { exitCode } = await execa(program, args, { stdio: 'inherit', reject: false });
  return exitCode ?? 1;
}

/** The system that `--root` names. */
function systemOf(args: string[]): System {
  try {
    const { root } = parseArgs({ args, options: { root: { type: 'string' } } }).values;
    return { root: root === undefined ? null : resolve(process.env.INIT_CWD ?? '', root) };
  } catch (error) {
    throw new StackProblem('arguments_invalid', messageOf(error), 'the only option is --root FOLDER', {
      cause: error,
    });
  }
}

await runCommand(async () => {
  checkPlatform(process.platform);
  const [command, ...args] = process.argv.slice(2);
  if (command === 'install') await install(systemOf(args));
  else if (command === 'remove') await remove(systemOf(args));
  else if (command === 'status') return show('systemctl', ['status', '--no-pager', ...UNITS]);
  else if (command === 'logs') return show('journalctl', [...UNITS.map((unit) => `--unit=${unit}`), ...args]);
  else {
    throw new StackProblem(
      'arguments_invalid',
      command === undefined ? 'No command' : `Unknown command ${command}`,
      'use "npm run service -- install", "status", "logs" or "remove"',
    );
  }
  return 0;
});
