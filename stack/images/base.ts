/** The Debian image that a Dockerfile starts from: pulled, or built here if no image registry answers. */
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

/** Excluded from a base that is built here, as in the published slim images. Copyright files stay. */
const LEFT_OUT = [
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/info/*',
  'path-exclude=/usr/share/locale/*',
];
const DOCS = ['path-exclude=/usr/share/doc/*', 'path-include=/usr/share/doc/*/copyright'];

/**
 * Makes sure that the engine has the base image. `fresh` asks the registry for a newer one and falls back to the
 * existing one.
 * @throws StackProblem `image_failed` if it can neither be pulled nor built
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
  task.detail(`building ${base.tag}: no registry has it`);
  await make(engine, base, architecture, refused, task);
}

/** Pulls an image. Returns the error of the engine or the registry if that failed. */
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
    task.detail(`building ${base.tag} from Debian's packages`);
    const folder = await mkdtemp(join(tmpdir(), 'appflux-base-'));
    try {
      const tar = join(folder, 'base.tar');
      const options = [...LEFT_OUT, ...DOCS].map((option) => `--dpkgopt=${option}`);
      // A mirror may lag behind the validity date of sid's index.
      if (base.suite === 'sid') options.push('--aptopt=Acquire::Check-Valid-Until "false"');
      // No mirror is named: mmdebstrap knows Debian's, including the suite's security updates.
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
      `${base.tag} can neither be pulled (${refused}) nor built here (${messageOf(error)})`,
      `configure a registry that has ${base.tag} in the Docker engine, or run "docker load" with a copy of it`,
      { cause: error },
    );
  }
}
