/** Puts the runner's package, and the script that installs it, among the files of the dashboard, which the edge serves. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-fs';
import { fingerprint, type InputFile, readInput, readStamp, writeStamp } from '../fingerprint.ts';
import { StackProblem } from '../problem.ts';
import { packageContents } from './contents.ts';

/** Where the edge finds it (edge/src/runner-install/assets.ts), below the folder of the dashboard's build. */
export const PACKAGE_FOLDER = 'runner-package';

/** Cloudflare takes no larger asset: https://developers.cloudflare.com/workers/platform/limits/#static-assets. */
const MAX_ASSET_BYTES = 25 * 1024 * 1024;

/**
 * Packs the runner unless the package there was made from the same files.
 * @param root the checkout
 * @param build the folder of the dashboard's build
 * @returns whether it was packed
 * @throws StackProblem `dashboard_failed` if it is larger than the platform serves
 */
export async function ensureRunnerPackage(root: string, build: string): Promise<boolean> {
  const script = await readInput(join(root, 'stack', 'runner-package', 'install.sh'), 'install.sh');
  const files = await packageContents(root);
  const hash = fingerprint([...files, script], process.version);
  const folder = join(build, PACKAGE_FOLDER);
  const stamp = join(folder, 'inputs');
  if ((await readStamp(stamp)) === hash) return false;
  const aside = await mkdtemp(join(tmpdir(), 'appflux-runner-package-'));
  try {
    const bytes = await packed(files, aside);
    if (bytes.length > MAX_ASSET_BYTES) {
      throw new StackProblem(
        'dashboard_failed',
        `The runner's package has ${bytes.length} bytes, and Cloudflare serves no file beyond ${MAX_ASSET_BYTES}`,
        'remove large files from runner/ and builder-images/',
      );
    }
    const { version } = JSON.parse(await readFile(join(root, 'runner', 'package.json'), 'utf8'));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'runner.tgz'), bytes);
    // With an ending that no server takes for a program.
    await writeFile(join(folder, 'install.txt'), script.content);
    await writeFile(join(folder, 'package.json'), JSON.stringify({ version, sha256, bytes: bytes.length }));
    await writeStamp(stamp, hash);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return true;
}

/** The files as a tar archive with gzip: the same bytes for the same files. */
async function packed(files: readonly InputFile[], aside: string): Promise<Buffer> {
  const tree = join(aside, 'tree');
  for (const { path, content, executable } of files) {
    const target = join(tree, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content, { mode: executable ? 0o755 : 0o644 });
  }
  const chunks: Buffer[] = [];
  await pipeline(
    pack(tree, {
      entries: files.map(({ path }) => path).sort(),
      map: (header) => ({ ...header, mtime: new Date(0), uid: 0, gid: 0, uname: 'root', gname: 'root' }),
    }),
    createGzip({ level: 9 }),
    async (source: AsyncIterable<Buffer>) => {
      for await (const chunk of source) chunks.push(chunk);
    },
  );
  return Buffer.concat(chunks);
}
