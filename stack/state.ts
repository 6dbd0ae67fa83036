/** The state folder: the data of a local instance, and a lock so that only one start uses it at a time. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { messageOf, StackProblem } from './problem.ts';

/**
 * Generated at first start. They give full access to the instance: mode 0600, never on a command line, never in a
 * log.
 */
const Secrets = z.strictObject({
  /** Authorizes the operator's calls. */
  operatorSecret: z.string().min(32),
  /** Seals variables and keys at rest: 32 bytes in base64. Without it they cannot be opened again. */
  sealingKey: z.base64(),
  /** While the sealing key is rotated: the previous key, which opens what is not sealed with the new one yet. */
  previousSealingKey: z.base64().optional(),
  /** The embedded bucket's name and the key pair for its S3 endpoint. */
  bucket: z.string().min(16),
  s3AccessKeyId: z.string().min(16),
  s3SecretAccessKey: z.string().min(32),
});
export type Secrets = z.infer<typeof Secrets>;

/** The paths in a state folder. */
export function statePaths(state: string) {
  return {
    secrets: join(state, 'secrets.json'),
    /** The socket by which a backup pauses the running instance. */
    control: join(state, 'control.sock'),
    /** Where a restore puts files until all of them are there. */
    restoring: join(state, '.restoring'),
    edge: join(state, 'edge'),
    bundle: join(state, 'bundle'),
    /** What servers of sites store, and what runs them. */
    servers: join(state, 'servers'),
    hostBundle: join(state, 'bundle-servers'),
    runnerBundle: join(state, 'bundle-runner'),
    /** The sockets between the control plane and the host of servers. */
    sockets: join(state, 'run'),
    dashboard: join(state, 'dashboard'),
    logs: join(state, 'logs'),
    proxy: {
      config: join(state, 'proxy', 'caddy.json'),
      storage: join(state, 'proxy'),
      log: join(state, 'logs', 'proxy.log'),
    },
    runner: (name: string) => join(state, 'runners', name),
  };
}

/** New secrets. */
export function makeSecrets(): Secrets {
  return {
    operatorSecret: randomBytes(32).toString('base64url'),
    sealingKey: randomBytes(32).toString('base64'),
    bucket: `appflux-${randomBytes(16).toString('hex')}`,
    s3AccessKeyId: randomBytes(16).toString('hex'),
    s3SecretAccessKey: randomBytes(32).toString('hex'),
  };
}

/** Creates the state folder, for this user only. @throws StackProblem `state_unusable` */
export async function makeStateFolder(state: string): Promise<void> {
  // Miniflare, which applies migrations, takes one for a slash, and workerd for what it is.
  if (state.includes('\\')) {
    throw new StackProblem(
      'state_unusable',
      `The path of the state folder ${state} has a backslash in it`,
      'set APPFLUX_STATE to a folder without one',
    );
  }
  try {
    await makeFolders(state);
  } catch (error) {
    throw new StackProblem(
      'state_unusable',
      `The state folder ${state} can't be created (${messageOf(error)})`,
      'set APPFLUX_STATE to a folder that this user can write to',
      { cause: error },
    );
  }
}

/** Like `mkdir -p`. Node's own loops forever if the kernel answers that a folder's parent is missing, as in /proc. */
async function makeFolders(path: string): Promise<void> {
  const made = await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => error);
  if (!(made instanceof Error)) return;
  if (made.code === 'EEXIST' && (await stat(path)).isDirectory()) return;
  const parent = dirname(path);
  if (made.code !== 'ENOENT' || parent === path || (await isThere(parent))) throw made;
  await makeFolders(parent);
  await mkdir(path, { mode: 0o700 });
}

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    // If it can't be read it can't be used either; creating it gives the better error.
    () => false,
  );

/**
 * The instance's secrets: read, or generated if there are none yet.
 * @throws StackProblem `state_unusable` if the file exists and is invalid
 */
export async function keepSecrets(state: string): Promise<Secrets> {
  const { secrets: file } = statePaths(state);
  const text = await readOrNull(file);
  if (text !== null) return readSecrets(text, file);
  if (await isThere(statePaths(state).restoring)) {
    throw new StackProblem(
      'state_unusable',
      `A restore into ${state} was interrupted`,
      'run "npm run restore" again, or remove the folder',
    );
  }
  const secrets = makeSecrets();
  await writeSecrets(state, secrets);
  return secrets;
}

/** Replaces the instance's secrets. Written to a temporary file and renamed, so that no start ever reads half of it. */
export async function writeSecrets(state: string, secrets: Secrets): Promise<void> {
  const { secrets: file } = statePaths(state);
  const aside = `${file}.${process.pid}`;
  await writeFile(aside, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(aside, file);
  const folder = await open(dirname(file), 'r');
  try {
    // Data that is sealed with them must not reach the disk before their name does.
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function readSecrets(text: string, file: string): Secrets {
  try {
    return Secrets.parse(JSON.parse(text));
  } catch (error) {
    throw new StackProblem(
      'state_unusable',
      `${file} is damaged`,
      'restore it from a backup; without one, sealed values are lost, so start with another APPFLUX_STATE',
      { cause: error },
    );
  }
}

async function readOrNull(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

/**
 * Locks the state folder for this process. The lock is a listening socket in Linux' abstract namespace (unix(7)): it
 * leaves nothing behind, and the kernel releases it however the process ends.
 * @returns what unlocks the folder
 * @throws StackProblem `state_in_use` if another process has it
 */
export async function lockState(state: string): Promise<() => void> {
  const name = await lockName(state);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error);
      reject(
        new StackProblem(
          'state_in_use',
          `AppFlux is already running with the state folder ${state}`,
          'use or stop that instance, or set APPFLUX_STATE and APPFLUX_PORT for a second one',
        ),
      );
    });
    server.listen(name, resolve);
  });
  server.unref();
  return () => void server.close();
}

/** The name of the socket that locks a state folder. A name's length is limited; the folder's path is not. */
export async function lockName(state: string): Promise<string> {
  const digest = createHash('sha256').update(await realpath(state));
  return `\0appflux-state-${digest.digest('hex')}`;
}

/** Whether a process of this machine has locked the state folder. Takes no lock itself. */
export async function isLocked(state: string): Promise<boolean> {
  let name: string;
  try {
    name = await lockName(state);
  } catch (error) {
    // No folder, so no instance.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  return new Promise((resolve, reject) => {
    const socket = connect(name);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') resolve(false);
      else reject(error);
    });
  });
}

/** The longest path of a Unix socket (unix(7): 108 bytes with the zero at its end). */
export const LONGEST_SOCKET_PATH = 107;

/**
 * The path of the socket between the proxy and the edge: in the state folder, or where that is too deep, in a temporary
 * folder for this user only, which `cleanup` removes.
 */
export async function proxySocketPath(state: string, cleanup: AsyncDisposableStack): Promise<string> {
  const path = join(state, 'proxy.sock');
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return path;
  return join(await makeFolderFor(cleanup), 'proxy.sock');
}

/** A temporary folder for this user only, which `cleanup` removes. */
export async function makeFolderFor(cleanup: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
