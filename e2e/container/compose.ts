/** An instance of compose.yaml, by the Compose of this machine: a project of the test, on ports of loopback. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type Dockerode from 'dockerode';
import { execa } from 'execa';

const ROOT = join(import.meta.dirname, '..', '..');

/** Programs that understand compose.yaml, the current one first. */
const PROGRAMS = [['docker', 'compose'], ['docker-compose']] as const;

/** The program with the arguments that come before its own; null where neither is installed. */
export async function findCompose(): Promise<readonly string[] | null> {
  for (const program of PROGRAMS) {
    const [command = '', ...args] = program;
    const works = await new Promise<boolean>((resolve) =>
      execFile(command, [...args, 'version'], (error) => resolve(error === null)),
    );
    if (works) return program;
  }
  return null;
}

/** A project of Compose. */
export class ComposeProject {
  readonly #engine: Dockerode;
  readonly #program: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #files: readonly string[];

  /** @param files further than compose.yaml, absolute */
  constructor(
    engine: Dockerode,
    program: readonly string[],
    files: readonly string[],
    env: Record<string, string>,
  ) {
    this.#engine = engine;
    this.#program = program;
    this.#files = ['--project-directory', ROOT, '-f', join(ROOT, 'compose.yaml')].concat(
      files.flatMap((file) => ['-f', file]),
    );
    const outside = Object.entries(process.env).filter(([name]) => !name.startsWith('APPFLUX_'));
    this.#env = { ...Object.fromEntries(outside), ...env };
  }

  /** Runs a command of Compose. Returns its output; throws if it fails and `reject` is not false. */
  async run(args: readonly string[], { reject = true } = {}): Promise<{ exitCode: number; all: string }> {
    const [command = '', ...first] = this.#program;
    const all = [...first, ...this.#files, '--profile', 'runner', ...args];
    const options = { env: this.#env, extendEnv: false, stdin: 'ignore', all: true, reject } as const;
    const result = await execa(command, all, options);
    return { exitCode: result.exitCode ?? 1, all: result.all };
  }

  /** The container of a service, running or not. Found by Compose's labels: Compose itself takes seconds to answer. */
  async container(service: string): Promise<Dockerode.Container> {
    const project = `com.docker.compose.project=${this.#env.COMPOSE_PROJECT_NAME}`;
    const filters = { label: [project, `com.docker.compose.service=${service}`] };
    const [found] = await this.#engine.listContainers({ all: true, filters });
    if (found === undefined) throw new Error(`the service ${service} has no container`);
    return this.#engine.getContainer(found.Id);
  }

  /** What a service has printed. */
  async logs(service: string): Promise<string> {
    const container = await this.container(service);
    return (await container.logs({ stdout: true, stderr: true })).toString();
  }

  /** Runs a program in a service's container, as `docker compose exec` does. */
  async exec(service: string, args: readonly string[]): Promise<string> {
    const { id } = await this.container(service);
    const { all } = await execa('docker', ['exec', id, ...args], {
      stdin: 'ignore',
      all: true,
      reject: false,
    });
    return all;
  }
}

/** compose.https.yaml with ports on loopback only, and a folder of certificates in the container. */
export async function writeOverride(folder: string): Promise<string> {
  const published = await readFile(join(ROOT, 'compose.https.yaml'), 'utf8');
  const onLoopback = published.replaceAll('- "${', '- "127.0.0.1:${');
  const file = join(folder, 'override.yaml');
  await mkdir(join(folder, 'certificates'));
  await writeFile(
    file,
    `${onLoopback.trimEnd()}\n    volumes:\n      - "${join(folder, 'certificates')}:/certificates:ro"\n`,
  );
  return file;
}

/** A free port that only root may use on the host; the test needs no privilege, the container's user must have it. */
export async function freeLowPort(): Promise<number> {
  for (let port = 700 + (process.pid % 300); port < 1024; port += 1) {
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      // EACCES: for root only, and nobody listens.
      server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EACCES'));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
  throw new Error('no port below 1024 is free');
}
