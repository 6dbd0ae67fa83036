/** Runs the Git host of install.ts on a folder of its own, for as long as it is needed. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { freePort } from '../free-port.ts';
import { lastLines } from '../problem.ts';
import type { GiteaProgram } from './install.ts';

/** How long the host may take to answer, in milliseconds. */
const STARTS_WITHIN_MS = 60_000;

/** A user of the host. */
export interface GiteaUser {
  readonly name: string;
  readonly password: string;
}

export interface Gitea {
  /** Without a slash at its end. */
  readonly url: string;
  readonly sshPort: number;
  /** An administrator, who owns what the tests create. */
  readonly owner: GiteaUser;
  /**
   * Calls the host's API (`/repos/…`) as `user`, the owner by default, and gives the body of its answer.
   * @throws Error with the answer if it is a refusal
   */
  api(method: string, path: string, body?: unknown, user?: GiteaUser): Promise<unknown>;
  /** A token of the owner with these scopes, such as `write:repository`. */
  createToken(name: string, scopes: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

interface Place {
  readonly folder: string;
  readonly data: string | null;
  readonly port: number;
  readonly sshPort: number;
}

/**
 * The host's settings. It listens on the loopback interface only, sends webhooks to there only, and writes only below its
 * folder.
 */
const settingsOf = ({ folder, data, port, sshPort }: Place): string => `
APP_NAME = Git host of the tests
RUN_MODE = prod
RUN_USER = ${userInfo().username}
WORK_PATH = ${folder}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = http://127.0.0.1:${port}/
${data === null ? '' : `STATIC_ROOT_PATH = ${data}`}
OFFLINE_MODE = true
ALLOW_GRACEFUL_RESTARTS = false
GRACEFUL_HAMMER_TIME = 1s
START_SSH_SERVER = true
BUILTIN_SSH_SERVER_USER = git
SSH_DOMAIN = 127.0.0.1
SSH_LISTEN_HOST = 127.0.0.1
SSH_LISTEN_PORT = ${sshPort}
SSH_PORT = ${sshPort}
[database]
DB_TYPE = sqlite3
PATH = ${join(folder, 'gitea.db')}
[security]
INSTALL_LOCK = true
SECRET_KEY = secret-key-of-the-tests
# Few rounds: every request with a password checks it.
PASSWORD_HASH_ALGO = pbkdf2$1000$20
[webhook]
ALLOWED_HOST_LIST = loopback
[service]
DISABLE_REGISTRATION = true
[indexer]
ISSUE_INDEXER_TYPE = db
[actions]
ENABLED = false
[cron]
ENABLED = false
[session]
PROVIDER = memory
[log]
MODE = console
LEVEL = Warn
`;

/** Starts the host with one user on free ports of this machine. `stop` ends it and removes its folder. */
export async function startGitea(program: GiteaProgram): Promise<Gitea> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-gitea-'));
  const place = { folder, data: program.data, port: await freePort(), sshPort: await freePort() };
  const config = join(folder, 'app.ini');
  for (const path of ['home', 'tmp']) await mkdir(join(folder, path));
  await writeFile(config, settingsOf(place), { mode: 0o600 });
  const owner: GiteaUser = { name: 'owner', password: 'password-of-the-tests' };
  const url = `http://127.0.0.1:${place.port}`;
  const run = (args: readonly string[]) =>
    execa(program.path, ['--config', config, ...args], {
      // Without the settings, SSH keys and Git configuration of this account.
      env: {
        PATH: process.env.PATH,
        HOME: join(folder, 'home'),
        TMPDIR: join(folder, 'tmp'),
        USER: userInfo().username,
      },
      extendEnv: false,
      stdin: 'ignore',
      all: true,
      reject: false,
    });
  const must = async (args: readonly string[]) => {
    const result = await run(args);
    if (result.failed) throw new Error(`gitea ${args[0]} failed: ${lastLines(result.all)}`);
  };
  let child: ReturnType<typeof run> | undefined;
  const stop = async () => {
    child?.kill();
    await child;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await must(['migrate']);
    const account = ['--username', owner.name, '--password', owner.password, '--email', 'owner@example.com'];
    await must(['admin', 'user', 'create', '--admin', '--must-change-password=false', ...account]);
    child = run(['web']);
    await Promise.race([
      answering(`${url}/api/healthz`),
      child.then((ended) => {
        throw new Error(`The Git host ended: ${lastLines(ended.all)}`);
      }),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  const api: Gitea['api'] = (method, path, body, user = owner) => call(url, method, path, body, user);
  return {
    url,
    sshPort: place.sshPort,
    owner,
    api,
    createToken: async (name, scopes) => {
      const { sha1 } = (await api('POST', `/users/${owner.name}/tokens`, { name, scopes })) as {
        sha1: string;
      };
      return sha1;
    },
    stop,
  };
}

async function call(
  url: string,
  method: string,
  path: string,
  body: unknown,
  { name, password }: GiteaUser,
): Promise<unknown> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
      'Content-Type': 'application/json',
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? null : JSON.parse(text);
}

async function answering(url: string): Promise<void> {
  const until = Date.now() + STARTS_WITHIN_MS;
  while (Date.now() < until) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // Not listening yet; the deadline and the process's end are checked as well.
    }
    await sleep(50);
  }
  throw new Error(`The Git host did not answer within ${STARTS_WITHIN_MS / 1000} s`);
}
