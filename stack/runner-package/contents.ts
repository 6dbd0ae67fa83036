/** The files of the runner's package: sources as they are, a manifest and a lockfile for what they need at run time. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type InputFile, readInput, readTree } from '../fingerprint.ts';
import { type Manifest, prunedLockfile } from './lockfile.ts';

/** Parts whose whole sources are in it. */
const PARTS = ['protocol', 'detection', 'runner'];

/** What builds the images for builds, which a runner calls when one is missing. */
const IMAGES_PROGRAM = 'stack/images.ts';

/** Folders of tests and of what tools generate. */
const LEFT_OUT = ['node_modules', 'testing', 'fixtures', 'recorded'];

/** Imports and re-exports, also dynamic ones, of a source in TypeScript. */
const IMPORTS = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g;

/**
 * All files of the package, by their paths in it.
 * @param root the checkout
 */
export async function packageContents(root: string): Promise<InputFile[]> {
  const stack = await reached(root, IMAGES_PROGRAM);
  const trees = await Promise.all([
    ...PARTS.map((part) => readTree(join(root, part, 'src'), `${part}/src`, LEFT_OUT)),
    // Their tests and fixtures are part of how they are identified: an image is the same on every machine.
    readTree(join(root, 'builder-images'), 'builder-images'),
    Promise.all(stack.files.map((path) => readInput(join(root, path), path))),
    Promise.all(['.npmrc', 'LICENSE'].map((path) => readInput(join(root, path), path))),
  ]);
  const top: Manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const manifests = new Map<string, Manifest>();
  for (const folder of [...PARTS, 'stack']) {
    const whole: Manifest = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
    const { devDependencies: _, ...manifest } = whole;
    manifests.set(folder, folder === 'stack' ? withOnly(manifest, stack.packages) : manifest);
  }
  const { version, license, optionalDependencies } = top;
  const own: Manifest = {
    name: 'appflux-runner',
    version,
    private: true,
    license,
    type: 'module',
    workspaces: [...manifests.keys()],
    ...(optionalDependencies && { optionalDependencies }),
  };
  const lockfile = prunedLockfile(await readFile(join(root, 'package-lock.json'), 'utf8'), own, manifests);
  return [
    ...trees.flat(),
    textFile('package.json', `${JSON.stringify(own, null, 2)}\n`),
    textFile('package-lock.json', lockfile),
    ...Array.from(manifests, ([folder, manifest]) =>
      textFile(`${folder}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`),
    ),
  ];
}

const textFile = (path: string, text: string): InputFile => ({
  path,
  executable: false,
  content: Buffer.from(text),
});

/** The manifest with only these of its dependencies. */
function withOnly(manifest: Manifest, packages: ReadonlySet<string>): Manifest {
  const kept = Object.entries(manifest.dependencies ?? {}).filter(([name]) => packages.has(name));
  return { ...manifest, dependencies: Object.fromEntries(kept) };
}

/** The files of `stack/` that a program imports, and the packages. Other parts are in the package as a whole. */
async function reached(
  root: string,
  program: string,
): Promise<{ files: string[]; packages: ReadonlySet<string> }> {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    if (files.has(path) || !path.startsWith('stack/')) return;
    files.add(path);
    const text = await readFile(join(root, path), 'utf8');
    for (const [, name = ''] of text.matchAll(IMPORTS)) {
      if (name.startsWith('.')) {
        const target = relative(root, join(root, dirname(path), name));
        // A text that only looks like an import leads nowhere.
        if (existsSync(join(root, target))) await visit(target);
      } else
        packages.add(
          name
            .split('/')
            .slice(0, name.startsWith('@') ? 2 : 1)
            .join('/'),
        );
    }
  };
  await visit(program);
  return { files: [...files].sort(), packages };
}
