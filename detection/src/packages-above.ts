/** The package.json files that apply to a root directory. */
import { parsePackageJson } from './package-json.ts';
import { joinPath, type SourceTree } from './tree.ts';
import type { PackageAt } from './versions/written.ts';

/**
 * The package.json files from the root directory up to the source's top, nearest first.
 * @throws {DetectionFailure} `source_invalid` for one that is broken.
 */
export function packagesAbove(tree: SourceTree): PackageAt[] {
  return tree.upward(tree.base).flatMap((folder) => {
    const path = joinPath(folder, 'package.json');
    const text = tree.text(path);
    return text === null ? [] : [{ folder, pkg: parsePackageJson(text, path) }];
  });
}
