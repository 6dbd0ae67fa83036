/** The same build by `docker run` with the builder image, on the default bridge. */
import { chown, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { BUILDER, BUILDER_UID, WORKSPACE } from '../../runner/src/sandbox/container-spec.ts';
import { WEB_IMAGE } from '../../runner/src/testing/docker.ts';

/**
 * Runs the commands on a fresh copy of the files and returns the wall time of `docker run`, in seconds. The copy is
 * made before the clock starts; a deployment's time includes that work.
 */
export async function bareBuild(files: Readonly<Record<string, Buffer>>, commands: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-bare-'));
  try {
    await writeTree(folder, files);
    const startedAt = performance.now();
    await execa('docker', [
      'run',
      '--rm',
      // The limits of a deployment's container.
      '--memory=4g',
      '--memory-swap=4g',
      '--cpus=2',
      '--env=CI=true',
      `--user=${BUILDER}`,
      `--volume=${folder}:${WORKSPACE}`,
      `--workdir=${WORKSPACE}`,
      WEB_IMAGE,
      'bash',
      '-o',
      'pipefail',
      '-c',
      commands,
    ]);
    const seconds = (performance.now() - startedAt) / 1000;
    await requireOutput(folder);
    return seconds;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeTree(folder: string, files: Readonly<Record<string, Buffer>>): Promise<void> {
  const folders = new Set([folder]);
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    for (let parent = dirname(path); parent !== folder; parent = dirname(parent)) folders.add(parent);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    await chown(path, BUILDER_UID, BUILDER_UID);
  }
  for (const path of folders) await chown(path, BUILDER_UID, BUILDER_UID);
}

/** A comparison with a build that did nothing would be worthless. */
async function requireOutput(folder: string): Promise<void> {
  const places = ['dist', 'out'].map((place) => join(folder, place, 'index.html'));
  await Promise.any(places.map((place) => stat(place)));
}
