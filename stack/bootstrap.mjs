/**
 * The entry point of every command (`npm start`, `npm test`, ...). It runs on the installed Node, 20 or newer,
 * without any package. It installs the packages, finds the Node 24 among them, and runs `stack/COMMAND.ts` with that.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { installedMatches, nodeFor, stampOf } from './bootstrap/packages.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMMANDS = [
  'start',
  'dev',
  'chaos',
  'bench',
  'test',
  'check',
  'images',
  'deploy',
  'rotate-keys',
  'copy-metadata',
  'backup',
  'restore',
  'set-version',
  'doctor',
  'service',
  'upgrade',
  'screenshots',
];
/** Commands that people wait for at each start, and that run for long: what V8 compiles of them is kept. */
const LONG_LIVED = new Set(['start', 'dev']);
const STAMP = join(ROOT, 'node_modules', '.cache', 'appflux', 'packages');

/**
 * Prints one sentence and exits with 1.
 * @param {string} sentence
 * @returns {never}
 */
function refuse(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

/**
 * A file's text, or null if it does not exist.
 * @param {string} path
 */
function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

/** Installs the packages unless those of the current package-lock.json are installed. */
async function ensurePackages() {
  const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
  const stamp = stampOf(lock);
  if (read(STAMP) === stamp) return;
  if (!installedMatches(lock, read(join(ROOT, 'node_modules', '.package-lock.json')))) {
    process.stdout.write('Installing packages (npm ci) ...\n');
    const startedAt = Date.now();
    const { error, status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (error && 'code' in error && error.code === 'ENOENT')
      refuse('npm is not installed: run "apt-get install npm", then try again.');
    if (error || status !== 0) {
      refuse('npm ci failed: see its output above. "npm ping" tests the connection to the registry.');
    }
    process.stdout.write(`Installed packages (${Math.round((Date.now() - startedAt) / 1000)} s).\n`);
  }
  await mkdir(dirname(STAMP), { recursive: true });
  await writeFile(STAMP, stamp);
}

/**
 * Calls back once when the npm that started this process is gone: a killed npm can't pass the signal on.
 * @param {() => void} callback
 */
function whenOrphaned(callback) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, 1000).unref();
}

/**
 * Replaces this process by a program, as far as Node can: passes signals on and exits with its exit code.
 * @param {string} program
 * @param {string[]} args
 */
function become(program, args) {
  const child = spawn(program, args, { cwd: ROOT, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  whenOrphaned(() => child.kill('SIGTERM'));
  child.once('error', (error) =>
    refuse(`${program} does not run (${error.message}): remove node_modules and try again.`),
  );
  child.once('exit', (code, signal) =>
    process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
  );
}

async function main() {
  const [command = '', ...args] = process.argv.slice(2);
  if (!COMMANDS.includes(command)) refuse(`Unknown command: use one of ${COMMANDS.join(', ')}.`);
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) refuse(`Node ${process.versions.node} is too old: install Node 20 or newer.`);
  await ensurePackages();
  const node = nodeFor(process, (path) => existsSync(join(ROOT, path)));
  if (node === null) {
    refuse(
      `The packages have no Node 24 for ${process.platform} ${process.arch}: install Node 24 or newer. ` +
        'If your npm configuration omits optional packages, allow them and run "npm ci".',
    );
  }
  become(node.startsWith('/') ? node : join(ROOT, node), [
    ...(LONG_LIVED.has(command) ? ['--import', join(ROOT, 'stack', 'compile-cache.mjs')] : []),
    join(ROOT, 'stack', `${command}.ts`),
    ...args,
  ]);
}

await main();
