/**
 * The image of an instance for containers (compose.yaml), in two steps: packages, which change with the lockfile, and
 * the sources with the built dashboard.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type Dockerode from 'dockerode';
import { stampOf } from '../bootstrap/packages.mjs';
import { ROOT } from '../command.ts';
import { ensureDashboard } from '../dashboard.ts';
import { fingerprint, type InputFile, readInput, readStamp, readTree, writeStamp } from '../fingerprint.ts';
import { npm } from '../npm.ts';
import { ensureBase } from './base.ts';
import { type BuildOptions, buildUnlessPresent } from './build.ts';
import { certificateFiles, type HostFacts, registryFile } from './inputs.ts';

/** The image's name, without a tag. */
export const INSTANCE_IMAGE = 'appflux/instance';

/** The parts whose sources run in the image. */
const PARTS = ['protocol', 'client', 'detection', 'edge', 'runner', 'stack'];

/** Folders of tests and of what tools generate. */
const LEFT_OUT = ['node_modules', 'testing', 'fixtures', 'recorded', 'stand-ins', 'checking'];

/** Files at the top of the checkout that a start or a command of npm reads. */
const TOP = [
  'package.json',
  'package-lock.json',
  '.npmrc',
  'wrangler.toml',
  'wrangler.servers.toml',
  'LICENSE',
];

const BASE = { tag: 'debian:trixie-slim', suite: 'trixie' };

/** What npm installs and nothing loads: headers of Node for compilers, source maps. */
const NOT_LOADED = /\/node_modules\/node-linux-[^/]+\/(?:include|share)$|\.(?:js|mjs|cjs)\.map$/;

/** Where build contexts stay from build to build, because packages take longest. */
const CONTEXTS = join(ROOT, 'node_modules', '.cache', 'appflux');

const ADVICE = 'run "npm run images -- --instance --verbose" for the engine’s full output';

/** A step of the image: its build context except packages, which lockfiles among these pin. */
export interface Inputs {
  readonly files: readonly InputFile[];
  readonly hash: string;
}

/** The inputs of the first step. `root` is the checkout. */
export async function packageInputs(root: string, host: HostFacts): Promise<Inputs> {
  const own = await readTree(join(root, 'stack', 'instance-image', 'base'));
  const manifests = ['package.json', 'package-lock.json', '.npmrc'].concat(
    [...PARTS, 'dashboard', 'cli'].map((part) => `${part}/package.json`),
  );
  const pinned = await Promise.all(manifests.map((path) => readInput(join(root, path), `packages/${path}`)));
  const base = [...own, ...pinned, ...certificateFiles(host.certificates), registryFile(host)];
  return { files: base, hash: fingerprint(base, host.architecture) };
}

/** The inputs of the second step, on a first one with these. `root` is the checkout, with the built dashboard. */
export async function appInputs(
  root: string,
  host: Pick<HostFacts, 'architecture'>,
  packages: Pick<Inputs, 'hash'>,
): Promise<Inputs> {
  const top = [...TOP, 'dashboard/package.json', 'cli/package.json'].map((path) =>
    readInput(join(root, path), `app/${path}`),
  );
  const trees = [
    ...PARTS.map((part) => readTree(join(root, part), `app/${part}`, LEFT_OUT)),
    readTree(join(root, 'builder-images'), 'app/builder-images'),
    readTree(join(root, 'dashboard', 'build'), 'app/dashboard/build'),
  ];
  const dockerfile = await readInput(join(root, 'stack', 'instance-image', 'Dockerfile'), 'Dockerfile');
  const app = [dockerfile, ...(await Promise.all(top)), ...(await Promise.all(trees)).flat()].filter(
    ({ path }) => !path.startsWith('app/stack/instance-image/base/'),
  );
  return { files: app, hash: fingerprint(app, host.architecture, packages.hash) };
}

/** The build context of a step, below CONTEXTS. */
const contextOf = (name: string) => ({
  dockerfile: 'Dockerfile',
  context: join(CONTEXTS, name),
  leaveOut: (path: string) => NOT_LOADED.test(path),
  advice: ADVICE,
});

/**
 * Builds the image unless the engine has one with the same inputs. Builds the dashboard first if it is out of date.
 * @returns whether it was built
 * @throws StackProblem `image_failed`, `package_missing`, `dashboard_failed`
 */
export async function ensureInstanceImage(engine: Dockerode, options: BuildOptions): Promise<boolean> {
  await ensureDashboard(ROOT, options.env, options.progress);
  const packages = await ensureInstancePackages(engine, options);
  const instance = await appInputs(ROOT, options.host, packages);
  const image = { repository: INSTANCE_IMAGE, ...contextOf('instance') };
  return buildUnlessPresent(engine, image, instance.hash, options, () =>
    writeFiles(image.context, instance.files, ['app']),
  );
}

/**
 * Builds the first step, for which the dashboard need not be built.
 * @throws StackProblem `image_failed`, `package_missing`
 */
export async function ensureInstancePackages(engine: Dockerode, options: BuildOptions): Promise<Inputs> {
  const { host } = options;
  const packages = await packageInputs(ROOT, host);
  const base = { repository: `${INSTANCE_IMAGE}-base`, ...contextOf('instance-base') };
  await buildUnlessPresent(engine, base, packages.hash, options, async (task) => {
    await ensureBase(engine, BASE, host.architecture, task, options.rebuild);
    await writeFiles(base.context, packages.files, ['packages', 'prepared/certificates']);
    task.detail('downloading its npm packages');
    const below = (folder: string) =>
      packages.files
        .filter(({ path }) => path.startsWith(folder))
        .map((file) => ({ ...file, path: file.path.slice(folder.length) }));
    await installPackages(join(base.context, 'prepared/packages'), below('packages/'), options);
    await installPackages(join(base.context, 'prepared/tools'), below('tools/'), options);
  });
  return packages;
}

/** Writes a build context. The folders in `replaced` have nothing else afterwards, and exist even if empty. */
async function writeFiles(
  context: string,
  files: readonly InputFile[],
  replaced: readonly string[],
): Promise<void> {
  for (const folder of replaced) {
    await rm(join(context, folder), { recursive: true, force: true });
    await mkdir(join(context, folder), { recursive: true });
  }
  for (const { path, content, executable } of files) {
    const target = join(context, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content, { mode: executable ? 0o755 : 0o644 });
  }
}

/** Installs the packages of a lockfile for the image, unless they are installed from the same files already. */
async function installPackages(
  folder: string,
  files: readonly InputFile[],
  { host, env }: BuildOptions,
): Promise<void> {
  const hash = fingerprint(files, host.architecture);
  const stamp = join(folder, 'inputs');
  if ((await readStamp(stamp)) === hash) return;
  await rm(folder, { recursive: true, force: true });
  await writeFiles(folder, files, []);
  const cpu = host.architecture === 'amd64' ? 'x64' : 'arm64';
  const platform = ['--os', 'linux', '--cpu', cpu, '--libc', 'glibc'];
  const which = ['--omit=dev', '--ignore-scripts', '--registry', host.npmRegistry];
  // None of their scripts runs: workerd's and esbuild's only replace a wrapper by the program.
  await npm(['ci', ...which, ...platform], { cwd: folder, env });
  // By this, commands of npm in the container find the packages installed, as on a checkout.
  const lock = files.find(({ path }) => path === 'package-lock.json');
  await writeFiles(
    folder,
    [
      {
        path: 'node_modules/.cache/appflux/packages',
        executable: false,
        content: Buffer.from(stampOf(lock?.content.toString() ?? '')),
      },
    ],
    [],
  );
  await writeStamp(stamp, hash);
}
