/** Which Node a build asks for. */
import { quoted } from '@appflux/protocol';
import type { PackageAt } from './package-manager.ts';
import { because, type Reason } from './reason.ts';
import { joinPath, type SourceTree } from './tree.ts';

/** Versions, ranges and the aliases of nvm: what a version manager can be given. */
const VERSION = /^[\w.*^~<>=|/ -]{1,40}$/;

export interface NodeChoice {
  readonly node: string | null;
  readonly reasons: readonly Reason[];
}

/**
 * The Node version: what the settings say, else the nearest `.nvmrc` or `.node-version` (they name one
 * version), else `engines.node` (which names a range). Null leaves it to the image.
 */
export function chooseNode(
  tree: SourceTree,
  packages: readonly PackageAt[],
  set: { readonly value: string; readonly by: string } | null,
): NodeChoice {
  const reasons: Reason[] = [];
  for (const { value, by } of candidates(tree, packages, set)) {
    if (value === '') continue;
    if (VERSION.test(value))
      return {
        node: value,
        reasons: [...reasons, because('node', `Node: ${value}, because ${by} says so.`)],
      };
    reasons.push(
      because('node', `${by} requests Node ${quoted(value)}, which is not a valid version. Ignored.`),
    );
  }
  return { node: null, reasons };
}

function* candidates(
  tree: SourceTree,
  packages: readonly PackageAt[],
  set: { readonly value: string; readonly by: string } | null,
) {
  if (set !== null) yield { value: set.value.trim(), by: set.by };
  for (const folder of tree.upward(tree.base)) {
    for (const name of ['.nvmrc', '.node-version']) {
      const path = joinPath(folder, name);
      const text = tree.text(path);
      if (text !== null) yield { value: firstWord(text), by: path };
    }
  }
  for (const { folder, pkg } of packages) {
    const engine = pkg.engines.node;
    if (engine !== undefined)
      yield { value: engine.trim(), by: `engines in ${joinPath(folder, 'package.json')}` };
  }
}

/** The first line that is no comment. */
const firstWord = (text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*/, '').trim())
    .find((line) => line !== '') ?? '';
