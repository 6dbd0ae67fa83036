/** Makes sure that the engine has an image built from the current inputs. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type Dockerode from 'dockerode';
import { pack } from 'tar-fs';
import { fingerprint, type InputFile } from '../fingerprint.ts';
import { npm } from '../npm.ts';
import { isStackProblem, lastLines, messageOf, StackProblem } from '../problem.ts';
import type { Progress, Task } from '../progress.ts';
import { ensureBase } from './base.ts';
import type { BuilderImage, ImageVariant } from './catalog.ts';
import { follow, inspectImage } from './engine-stream.ts';
import { type HostFacts, imageInputs } from './inputs.ts';
import { answers, decideImage, wantedVariants } from './variant.ts';

/** The label with the hash of an image's inputs. */
export const INPUTS_LABEL = 'dev.appflux.inputs';

/** The tag that is looked up and set. */
const TAG = 'latest';

/** Environment variables that the engine passes to the commands of a build but does not store in the image. */
const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

export interface BuildOptions {
  readonly host: HostFacts;
  readonly env: NodeJS.ProcessEnv;
  readonly progress: Progress;
  /** Build it even if it is up to date, from a newly pulled base and without the engine's cache. */
  readonly rebuild: boolean;
}

/**
 * Builds a builder image unless the engine has one with the same inputs.
 * @returns whether it was built
 * @throws StackProblem `image_failed`, `package_missing`
 */
export async function ensureImage(
  engine: Dockerode,
  image: BuilderImage,
  options: BuildOptions,
): Promise<boolean> {
  const variants = wantedVariants(image, options.env);
  const prepared = new Map<string, { inputs: readonly InputFile[]; hash: string }>();
  for (const variant of variants) {
    const inputs = await imageInputs(image, variant, options.host);
    prepared.set(variant.name, { inputs, hash: fingerprint(inputs, options.host.architecture) });
  }
  const present = await inspectImage(engine, `${image.repository}:${TAG}`);
  const decision = await decideImage(
    variants,
    ({ name }) => !options.rebuild && present?.labels[INPUTS_LABEL] === prepared.get(name)?.hash,
    (url) => answers(url, options.env),
  );
  if (decision === 'up_to_date') return false;

  const { build: variant } = decision;
  const { inputs = [], hash = '' } = prepared.get(variant.name) ?? {};
  const context = await mkdtemp(join(tmpdir(), `appflux-${image.kind}-image-`));
  try {
    const toBuild: ImageToBuild = {
      repository: image.repository,
      variant: image.variants.length > 1 ? variant.name : null,
      dockerfile: variant.dockerfile,
      context,
      advice: `run "npm run images -- ${image.kind} --verbose" for the engine's full output`,
    };
    await buildImage(engine, toBuild, hash, options, async (task) => {
      await ensureBase(engine, variant.base, options.host.architecture, task, options.rebuild);
      await writeContext(context, image, variant, inputs, options, task);
    });
    return true;
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

/** An image and its build context. */
export interface ImageToBuild {
  /** Its name, without a tag. */
  readonly repository: string;
  /** Named in messages; null where there is only one. */
  readonly variant?: string | null;
  readonly dockerfile: string;
  /** The folder of the build context, absolute. */
  readonly context: string;
  /** Whether a path of the context, absolute, stays out of it. */
  readonly leaveOut?: (path: string) => boolean;
  /** What to do if the build fails. */
  readonly advice: string;
}

/**
 * Builds an image unless the engine has one whose label is `hash`. `prepare` writes the build context.
 * @returns whether it was built
 * @throws StackProblem `image_failed`, and what `prepare` throws
 */
export async function buildUnlessPresent(
  engine: Dockerode,
  image: ImageToBuild,
  hash: string,
  options: BuildOptions,
  prepare: (task: Task) => Promise<void>,
): Promise<boolean> {
  const present = await inspectImage(engine, `${image.repository}:${TAG}`);
  if (!options.rebuild && present?.labels[INPUTS_LABEL] === hash) return false;
  await buildImage(engine, image, hash, options, prepare);
  return true;
}

async function buildImage(
  engine: Dockerode,
  image: ImageToBuild,
  hash: string,
  options: BuildOptions,
  prepare: (task: Task) => Promise<void>,
): Promise<void> {
  const which = image.variant ? ` (${image.variant})` : '';
  const task = options.progress.task(`Building the image ${image.repository}${which}`);
  try {
    await prepare(task);
    await sendContext(engine, image, hash, options, task);
    await sweepReplaced(engine);
    const made = await inspectImage(engine, `${image.repository}:${TAG}`);
    task.done(`Built the image ${image.repository}${which}, ${megabytes(made?.size ?? 0)}`);
  } catch (error) {
    task.failed();
    if (isStackProblem(error)) throw error;
    throw new StackProblem(
      'image_failed',
      `The image ${image.repository} could not be built (${messageOf(error)})`,
      image.advice,
      { cause: error },
    );
  }
}

/** An image's size (bytes, all its layers), for people. */
export const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

async function writeContext(
  context: string,
  image: BuilderImage,
  variant: ImageVariant,
  inputs: readonly InputFile[],
  { host, env }: BuildOptions,
  task: Task,
): Promise<void> {
  await mkdir(join(context, 'prepared', 'certificates'), { recursive: true });
  for (const input of inputs) {
    const path = join(context, input.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, input.content, { mode: input.executable ? 0o755 : 0o644 });
  }
  for (const folder of variant.npmTools) {
    task.detail('downloading its npm packages');
    await installTools(folder);
  }

  /** Installs what the lockfile of `folder` pins into the folder of its last name below `prepared`. */
  async function installTools(folder: string): Promise<void> {
    const tools = join(context, 'prepared', basename(folder));
    await mkdir(tools);
    for (const name of ['package.json', 'package-lock.json']) {
      const input = inputs.find(({ path }) => path === `${folder}/${name}`);
      if (input === undefined) throw new Error(`${image.kind}/${folder} has no ${name}`);
      await writeFile(join(tools, name), input.content);
    }
    const cpu = host.architecture === 'amd64' ? 'x64' : 'arm64';
    const platform = ['--os', 'linux', '--cpu', cpu, '--libc', 'glibc'];
    // The image gets exactly the packages that the lockfile pins, no peers beside them, and no script of theirs runs here.
    const exactly = ['--ignore-scripts', '--legacy-peer-deps'];
    await npm(['ci', ...exactly, '--registry', host.npmRegistry, ...platform], { cwd: tools, env });
  }
}

async function sendContext(
  engine: Dockerode,
  image: ImageToBuild,
  hash: string,
  { env, rebuild }: BuildOptions,
  task: Task,
): Promise<void> {
  const buildargs = Object.fromEntries(
    PROXY_VARIABLES.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  );
  const archive = pack(image.context, {
    ignore: (path) => image.leaveOut?.(path) ?? false,
    // Files belong to root and are readable by all in the image, whatever the umask of this machine.
    map: (header) => {
      const executable = header.type === 'directory' || ((header.mode ?? 0) & 0o100) !== 0;
      return { ...header, uid: 0, gid: 0, mode: executable ? 0o755 : 0o644 };
    },
  });
  const answer = await engine.buildImage(archive, {
    t: `${image.repository}:${TAG}`,
    dockerfile: image.dockerfile,
    labels: { [INPUTS_LABEL]: hash, 'org.opencontainers.image.created': new Date().toISOString() },
    buildargs,
    nocache: rebuild,
    forcerm: true,
    // The classic builder: not every engine has the other one.
    version: '1',
  });
  const output: string[] = [];
  try {
    await follow(engine, answer, (line) => {
      output.push(line);
      task.detail(line.split('\n')[0] ?? line);
    });
  } catch (error) {
    throw new Error(`${messageOf(error)}: ${lastLines(output.slice(-20).join('\n'))}`, { cause: error });
  }
}

/** An untagged image may be one that another build is about to tag, within this time. Milliseconds. */
const NAMELESS_FOR_MS = 600_000;

/** Which of the untagged images were replaced by newer ones and can be removed. Times in milliseconds. */
export function replacedImages(
  nameless: readonly { readonly Id: string; readonly Created: number }[],
  now: number,
): string[] {
  return nameless.filter(({ Created }) => now - Created * 1000 > NAMELESS_FOR_MS).map(({ Id }) => Id);
}

/** Removes the images that newer ones have replaced, unless a container uses them. */
async function sweepReplaced(engine: Dockerode): Promise<void> {
  const filters = { dangling: ['true'], label: [INPUTS_LABEL] };
  for (const id of replacedImages(await engine.listImages({ filters }), Date.now())) {
    try {
      await engine.getImage(id).remove();
    } catch (error) {
      // 409: in use; the next build removes it. 404: already removed by another process.
      const status = error instanceof Error && 'statusCode' in error ? error.statusCode : null;
      if (status !== 404 && status !== 409) throw error;
    }
  }
}
