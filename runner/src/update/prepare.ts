/** Makes a served version ready to start: downloads, checks, unpacks, and installs its packages. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { request } from 'undici';
import { removeTree } from '../sandbox/remove-tree.ts';
import { packageUrl, type Served } from './served.ts';
import { BadPackage, unpack } from './unpack.ts';
import { folderOf, versionsFolder } from './version-record.ts';

/** Written last into a folder of a version, with the checksum of its package. */
export const COMPLETE_FILE = '.complete';

const DOWNLOAD_MS = 10 * 60_000;
const PACKAGES_MS = 15 * 60_000;

/** Below the builds, which the machine is for. */
const PRIORITY = 10;

export interface PrepareOptions {
  readonly instance: URL;
  readonly state: string;
  readonly served: Served;
  readonly signal: AbortSignal;
  /** Installs the packages of an unpacked version; tests pass their own. */
  readonly installPackages?: (folder: string, signal: AbortSignal) => Promise<void>;
}

/**
 * Leaves the version complete in its folder, or nothing.
 * @throws BadPackage if it must not be installed; another Error if it may work later
 */
export async function prepareVersion(options: PrepareOptions): Promise<void> {
  const { instance, state, served, signal, installPackages = npmCi } = options;
  const folder = folderOf(state, served);
  if (await isComplete(folder)) return;
  await removeTree(folder);
  const aside = join(versionsFolder(state), `unfinished-${process.pid}`);
  await removeTree(aside);
  await mkdir(aside, { recursive: true, mode: 0o700 });
  try {
    const archive = join(aside, 'runner.tgz');
    await download(packageUrl(instance, 'runner.tgz'), served, archive, signal);
    const tree = join(aside, 'tree');
    await unpack(archive, tree);
    await checkManifest(tree, served);
    await installPackages(tree, signal);
    await writeFile(join(tree, COMPLETE_FILE), `${served.sha256}\n`);
    await rename(tree, folder);
  } finally {
    await removeTree(aside);
  }
}

/** Whether a version is there as a whole. */
export async function isComplete(folder: string): Promise<boolean> {
  return stat(join(folder, COMPLETE_FILE)).then(
    () => true,
    // Not there, or not whole.
    () => false,
  );
}

/** @throws Error unless exactly the bytes came that the checksum is of */
async function download(url: URL, served: Served, path: string, signal: AbortSignal): Promise<void> {
  const response = await request(url, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(DOWNLOAD_MS)]),
  });
  if (response.statusCode !== 200) {
    await response.body.dump();
    throw new Error(`the instance responded with status ${response.statusCode}`);
  }
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(
    response.body,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > served.bytes) throw new Error(`the package is larger than ${served.bytes} bytes`);
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(path, { flags: 'wx', mode: 0o600 }),
  );
  if (bytes !== served.bytes) throw new Error(`the package has ${bytes} bytes instead of ${served.bytes}`);
  if (hash.digest('hex') !== served.sha256) throw new Error('the package has another checksum');
}

/** A package that calls itself newer than it is would bring back an older version. */
async function checkManifest(tree: string, { version }: Served): Promise<void> {
  const text = await readFile(join(tree, 'runner', 'package.json'), 'utf8').catch(() => {
    throw new BadPackage('the package has no runner');
  });
  let manifest: { version?: unknown } | null;
  try {
    manifest = JSON.parse(text);
  } catch {
    throw new BadPackage('the manifest of the package is no JSON');
  }
  if (manifest?.version !== version)
    throw new BadPackage(`the package is said to have version ${version}, and has another`);
}

/** Installs what its lockfile names, each checked by npm against the checksum there. No script of a package runs. */
async function npmCi(folder: string, signal: AbortSignal): Promise<void> {
  const cache = join(folder, '..', 'npm-cache');
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('APPFLUX_'));
  const npm = execa(
    'npm',
    ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--cache', cache],
    {
      cwd: folder,
      env: Object.fromEntries(own),
      extendEnv: false,
      stdin: 'ignore',
      timeout: PACKAGES_MS,
      cancelSignal: signal,
    },
  );
  if (npm.pid !== undefined) setPriority(npm.pid, PRIORITY);
  await npm;
}
