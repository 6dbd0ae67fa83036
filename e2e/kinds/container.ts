/** Inspects the outputs of a build with the tools of another container, without a network. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { execa } from 'execa';
import { pack } from 'tar-stream';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { follow } from '../../stack/images/engine-stream.ts';

const STACK = join(import.meta.dirname, '..', '..', 'stack', 'images.ts');

/** Makes sure that builder images are built from the current Dockerfiles. */
export async function ensureImages(...kinds: string[]): Promise<void> {
  await execa(process.execPath, [STACK, ...kinds], { stdio: 'inherit' });
}

/**
 * An image for a test: another one with additional packages of its suite. Returns its name; the engine's cache builds
 * it once.
 */
export async function imageWith(base: string, name: string, packages: readonly string[]): Promise<string> {
  const engine = connectEngine();
  const tag = `appflux-test/${name}`;
  const install = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  const context = pack();
  context.entry({ name: 'Dockerfile' }, `FROM ${base}\nUSER root\nRUN ${install}\n`);
  context.finalize();
  const answer = await engine.buildImage(context, { t: tag, version: '1', forcerm: true });
  await follow(engine, answer, () => undefined);
  return tag;
}

export interface ContainerRun {
  readonly image: string;
  /** Run by bash, in a folder that contains `files`. */
  readonly script: string;
  readonly files?: ReadonlyMap<string, Buffer> | Readonly<Record<string, Buffer>>;
  /** The user; root by default. */
  readonly user?: string;
  /** Files of that folder to return. */
  readonly keep?: readonly string[];
}

export interface ContainerResult {
  /** Both of its outputs. */
  readonly output: string;
  readonly files: ReadonlyMap<string, Buffer>;
}

/** Runs a script in a container. @throws Error with its output if it fails */
export async function runIn({
  image,
  script,
  files = {},
  user = 'root',
  keep = [],
}: ContainerRun): Promise<ContainerResult> {
  const engine = connectEngine();
  const folder = await mkdtemp(join(tmpdir(), 'appflux-look-'));
  // mkdtemp creates it for its own user alone, but the container may run as another one.
  await chmod(folder, 0o755);
  const entries = files instanceof Map ? [...files] : Object.entries(files);
  for (const [name, content] of entries) await writeFile(join(folder, name), content);
  const container = await engine.createContainer({
    Image: image,
    Cmd: ['bash', '-euo', 'pipefail', '-c', script],
    User: user,
    WorkingDir: '/look',
    Tty: true,
    HostConfig: { NetworkMode: 'none', Init: true, Binds: [`${folder}:/look`] },
  });
  try {
    const stream = await container.attach({ stream: true, stdout: true, stderr: true });
    await container.start();
    const output = (await buffer(stream as unknown as AsyncIterable<Uint8Array>))
      .toString()
      .replaceAll('\r\n', '\n');
    const { StatusCode } = await container.wait();
    if (StatusCode !== 0) throw new Error(`exit code ${StatusCode}: ${output}`);
    const kept = new Map<string, Buffer>();
    for (const name of keep) kept.set(name, await readFile(join(folder, name)));
    return { output, files: kept };
  } finally {
    await container.remove({ force: true, v: true });
    await rm(folder, { recursive: true, force: true });
  }
}
