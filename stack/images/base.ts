/** The Debian image that a Dockerfile begins from: pulled, or made here where no image registry answers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Dockerode from 'dockerode';
import { execa } from 'execa';
import { firstExisting, installPackages } from '../debian.ts';
import { lastLines, messageOf, StackProblem } from '../problem.ts';
import type { Task } from '../progress.ts';
import type { ImageVariant } from './catalog.ts';
import { follow, hasImage } from './engine-stream.ts';
import type { HostFacts } from './inputs.ts';

/** Left out of a base made here, as the published slim images leave them out. Copyright files stay. */
const LEFT_OUT = [
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/info/*',
  'path-exclude=/usr/share/locale/*',
];
const DOCS = ['path-exclude=/usr/share/doc/*', 'path-include=/usr/share/doc/*/copyright'];

/**
 * Makes sure that the engine has the base image. `fresh` asks the registry for a newer one and falls back on the one
 * that is there.
 * @throws StackProblem `image_failed` when it can neither be pulled nor be made
 */
export async function ensureBase(
  engine: Dockerode,
  base: ImageVariant['base'],
  architecture: HostFacts['architecture'],
  task: Task,
  fresh: boolean,
): Promise<void> {
  const present = await hasImage(engine, base.tag);
  if (present && !fresh) return;
  task.detail(`pulling ${base.tag}`);
  const refused = await pull(engine, base.tag, task);
  if (refused === null || present) return;
  task.detail(`making ${base.tag}, as no registry gives it`);
  await make(engine, base, architecture, refused, task);
}

/** Pulls an image; what the engine or the registry said if that did not work. */
async function pull(engine: Dockerode, tag: string, task: Task): Promise<string | null> {
  try {
    await follow(engine, await engine.pull(tag), (line) => task.detail(`pulling ${tag}: ${line}`));
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

async function make(
  engine: Dockerode,
  base: ImageVariant['base'],
  architecture: HostFacts['architecture'],
  refused: string,
  task: Task,
): Promise<void> {
  try {
    if (firstExisting('/usr/bin/mmdebstrap') === null) {
      await installPackages(['mmdebstrap', 'debian-archive-keyring'], task);
    }
    task.detail(`making ${base.tag} of Debian's packages`);
    const folder = await mkdtemp(join(tmpdir(), 'appflux-base-'));
    try {
      const tar = join(folder, 'base.tar');
      const options = [...LEFT_OUT, ...DOCS].map((option) => `--dpkgopt=${option}`);
      // A mirror may lag behind the date until which sid's index says that it is good.
      if (base.suite === 'sid') options.push('--aptopt=Acquire::Check-Valid-Until "false"');
      // No mirror is named: mmdebstrap knows Debian's, and the suite's security updates with it.
      const result = await execa(
        'mmdebstrap',
        ['--variant=minbase', `--architectures=${architecture}`, ...options, base.suite, tar],
        { stdin: 'ignore', reject: false, all: true },
      );
      if (result.failed) throw new Error(lastLines(result.all) || result.shortMessage);
      const [repo, tag] = base.tag.split(':');
      await follow(engine, await engine.importImage(tar, { repo, tag, changes: 'CMD ["bash"]' }), () =>
        task.detail(`importing ${base.tag}`),
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } catch (error) {
    throw new StackProblem(
      'image_failed',
      `${base.tag} can neither be pulled (${refused}) nor be made here (${messageOf(error)})`,
      `give the Docker engine a registry that has ${base.tag}, or run "docker load" with a copy of it`,
      { cause: error },
    );
  }
}
