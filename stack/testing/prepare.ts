/** Prepares what tests, benchmarks and chaos runs need on this machine. */
import { join } from 'node:path';
import type Dockerode from 'dockerode';
import { ensureAcme } from '../acme/install.ts';
import { ROOT } from '../command.ts';
import { canInstallPackages, installPackages, obtainable, switchOffServices } from '../debian.ts';
import { ensureEngine } from '../engine/ensure.ts';
import type { EngineAddress } from '../engine/find.ts';
import { ensureForeignS3 } from '../foreign-s3/install.ts';
import { ensureGitea } from '../gitea/install.ts';
import { GoBuilder } from '../go/builder.ts';
import { type BuildOptions, ensureImage } from '../images/build.ts';
import { readCatalog } from '../images/catalog.ts';
import { hostFacts } from '../images/host.ts';
import { ensureInstanceImage, ensureInstancePackages } from '../images/instance.ts';
import { ensureFerretDb } from '../mongo/install.ts';
import { isStackProblem } from '../problem.ts';
import { during, type Progress, type Task } from '../progress.ts';
import { stateFolder } from '../settings.ts';
import type { Need } from './needs.ts';
import { isInstalled, packagesFor, servicesOf } from './packages.ts';

/** What is needed, and whether the checks run, which need a package of their own. */
export type Needed = Readonly<Record<Need, boolean>> & { readonly checks: boolean };

export interface PreparedEngine {
  readonly engine: Dockerode;
  readonly address: EngineAddress;
}

/** Installs the Debian packages that are missing. @throws StackProblem `package_missing` */
export async function ensurePackages(plan: Needed, progress: Progress): Promise<void> {
  const { required, optional } = packagesFor(plan, isInstalled);
  const extra = !canInstallPackages()
    ? []
    : // The package lists are not read again in every run for an optional package that they do not have.
      required.length > 0
      ? optional
      : await obtainable(optional);
  const names = [...required, ...extra];
  if (names.length === 0) return;
  await during(progress, `Installing ${names.join(', ')}`, async (task) => {
    await installPackages(required, task, undefined, extra);
    await switchOffServices(servicesOf(names));
  });
}

/** Builds the servers that only tests and benchmarks use. */
export async function ensureServers(plan: Needed, progress: Progress): Promise<void> {
  await using builder = await GoBuilder.open();
  const attempt = async (title: string, ensure: (builder: GoBuilder, task: Task) => Promise<string>) => {
    try {
      await during(progress, title, (task) => ensure(builder, task));
    } catch (error) {
      if (!isStackProblem(error)) throw error;
      progress.say(error.sentence);
    }
  };
  // Without it its tests are skipped, with that as the reason; the embedded storage is still tested.
  if (plan.foreignStorage) await attempt('An S3 server for the tests', ensureForeignS3);
  // Without it the tests of Git hosts that need one are skipped.
  if (plan.gitHost) await attempt('A Git host for the tests', ensureGitea);
  // Without it the tests of https are skipped.
  if (plan.https) await attempt('A certificate authority for the tests', ensureAcme);
  // Without it its tests try a container of mongo:8, and the summary says so if there is none either.
  if (plan.mongo && !process.env.MONGODB_URI) {
    await attempt('A MongoDB server for the tests', ensureFerretDb);
  }
}

/**
 * Provides an engine with builder images: the named ones, or all.
 * @throws StackProblem if there is no engine, or an image cannot be built
 */
export async function ensureImages(
  cleanup: AsyncDisposableStack,
  progress: Progress,
  names?: readonly string[],
): Promise<PreparedEngine> {
  const ready = await ensureEngine({ env: process.env, state: stateFolder(process.env, ROOT), progress });
  cleanup.defer(() => ready.release());
  const host = await hostFacts(ready.engine, process.env, ROOT);
  for (const [name, image] of await readCatalog(join(ROOT, 'builder-images'))) {
    if (names !== undefined && !names.includes(name)) continue;
    await ensureImage(ready.engine, image, { host, env: process.env, progress, rebuild: false });
  }
  return ready;
}

/** How the image of an instance for containers is built here. */
async function instanceOptions(engine: Dockerode, progress: Progress): Promise<BuildOptions> {
  const host = await hostFacts(engine, process.env, ROOT);
  return { host, env: process.env, progress, rebuild: false };
}

/**
 * Provides the packages of the image of an instance for containers: most of its time, and nothing of the dashboard.
 * @throws StackProblem if they can't be built
 */
export async function prepareInstancePackages({ engine }: PreparedEngine, progress: Progress): Promise<void> {
  await ensureInstancePackages(engine, await instanceOptions(engine, progress));
}

/**
 * Provides that image.
 * @throws StackProblem if it can't be built
 */
export async function prepareInstanceImage({ engine }: PreparedEngine, progress: Progress): Promise<void> {
  await ensureInstanceImage(engine, await instanceOptions(engine, progress));
}
