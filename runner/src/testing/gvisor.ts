/** gVisor for tests: the engine's own where it has one, else Debian's package in a folder of the test's own. */
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { findProgram } from '../find-program.ts';
import type { Engine } from '../sandbox/engine.ts';

const ENGINE_CONFIG = '/etc/docker/daemon.json';
const ENGINE_PID = '/run/docker.pid';
/** What `--runtime runsc` needs here (docs/security.md): no hardware, no network, sockets of the host that are mounted. */
const ARGS = ['--platform=systrap', '--network=none', '--host-uds=open'];
const RUNTIME = 'runsc-of-a-test';
const KNOWN_WITHIN_MS = 10_000;

export interface Gvisor {
  /** The engine's name of it. */
  readonly runtime: string;
  remove(): Promise<void>;
}

/** Installs gVisor, or gives the reason why not. The engine's configuration is reloaded without a restart. */
export async function gvisorFor(engine: Engine): Promise<Gvisor | { readonly why: string }> {
  if (await knows(engine, 'runsc')) return { runtime: 'runsc', remove: async () => undefined };
  const why = await whyNot();
  if (why !== null) return { why };
  const folder = await mkdtemp(join(tmpdir(), 'appflux-gvisor-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const path = await unpackPackage(folder);
    await tellEngine({ [RUNTIME]: { path, runtimeArgs: ARGS } });
    await until(async () => knows(engine, RUNTIME));
  } catch (error) {
    await rm(ENGINE_CONFIG, { force: true });
    await remove();
    return {
      why: `gVisor could not be had: ${error instanceof Error ? error.message.split('\n')[0] : error}`,
    };
  }
  return {
    runtime: RUNTIME,
    remove: async () => {
      await tellEngine({});
      await until(async () => !(await knows(engine, RUNTIME)));
      await rm(ENGINE_CONFIG);
      await remove();
    },
  };
}

async function knows(engine: Engine, runtime: string): Promise<boolean> {
  return runtime in ((await engine.info()).Runtimes ?? {});
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + KNOWN_WITHIN_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('the engine does not take up its new configuration');
    await sleep(50);
  }
}

async function whyNot(): Promise<string | null> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'the engine has no runtime runsc, and only root on Linux could add it';
  if ((await findProgram('apt-get')) === null)
    return 'the engine has no runtime runsc, and this is no Debian that would have its package';
  const isThere = (path: string) =>
    access(path).then(
      () => true,
      () => false,
    );
  if (await isThere(ENGINE_CONFIG))
    return `the engine has a configuration of its own (${ENGINE_CONFIG}) without the runtime runsc`;
  if (!(await isThere(ENGINE_PID))) return 'the engine has no runtime runsc, and is not one of this machine';
  return null;
}

/** Writes the engine's configuration and has it read: SIGHUP reloads `runtimes` (dockerd's reference). */
async function tellEngine(runtimes: object): Promise<void> {
  await mkdir('/etc/docker', { recursive: true });
  await writeFile(ENGINE_CONFIG, JSON.stringify({ runtimes }));
  process.kill(Number(await readFile(ENGINE_PID, 'utf8')), 'SIGHUP');
}

/**
 * Fetches the package from where this machine has its own packages from, of the first Debian whose gVisor is recent
 * enough, and unpacks it. Gives the program's path.
 */
async function unpackPackage(folder: string): Promise<string> {
  const parts = join(folder, 'sources');
  await mkdir(parts);
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true });
  await mkdir(join(folder, 'cache', 'archives', 'partial'), { recursive: true });
  const listed = (await readdir('/etc/apt/sources.list.d')).map((name) => `/etc/apt/sources.list.d/${name}`);
  for (const source of ['/etc/apt/sources.list', ...listed]) {
    if (!/\.(list|sources)$/.test(source)) continue;
    // The old place of sources need not be there.
    const text = await readFile(source, 'utf8').catch(() => '');
    await writeFile(join(parts, basename(source)), text.replaceAll(/\b(?:bullseye|bookworm)\b/g, 'trixie'));
  }
  const options = {
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': parts,
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::Cache': join(folder, 'cache'),
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  const apt = (...args: string[]) =>
    execa(
      'apt-get',
      [...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]), ...args],
      {
        cwd: folder,
      },
    );
  await apt('update');
  await apt('download', 'runsc');
  const name = (await readdir(folder)).find((each) => each.endsWith('.deb'));
  if (name === undefined) throw new Error('the package runsc was not found');
  await execa('dpkg', ['--extract', join(folder, name), join(folder, 'package')]);
  return join(folder, 'package', 'usr', 'bin', 'runsc');
}
