/** Which Node a build asks for. */
import { quoted } from '@appflux/protocol';
import type { PackageAt } from './package-manager.ts';
import { because, type Reason } from './reason.ts';
import { joinPath, type SourceTree } from './tree.ts';

/** Versions, ranges and the aliases of nvm: what a version manager can be given. */
const VERSION = /^[\w.*^~<>=|/ -]{1,40}$/;

const TOOL_VERSIONS = '.tool-versions';

export interface NodeChoice {
  readonly node: string | null;
  readonly reasons: readonly Reason[];
}

/**
 * The Node version: what the settings say, else the nearest `.nvmrc`, `.node-version` or `.tool-versions` (they name one
 * version), else of the nearest package.json with one of them `volta.node`, `devEngines.runtime` or `engines.node`. Null
 * leaves it to the image.
 */
export function chooseNode(
  tree: SourceTree,
  packages: readonly PackageAt[],
  set: { readonly value: string; readonly by: string } | null,
): NodeChoice {
  const reasons: Reason[] = [];
  for (const { value, by } of candidates(tree, packages, set)) {
    // `system` is what the machine has: the image's.
    if (value === '' || value === 'system') continue;
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
    const path = joinPath(folder, TOOL_VERSIONS);
    yield { value: nodeOfTools(tree.text(path) ?? ''), by: path };
  }
  for (const { folder, pkg } of packages) {
    const path = joinPath(folder, 'package.json');
    yield { value: pkg.volta.node?.trim() ?? '', by: `volta in ${path}` };
    yield { value: pkg.devEngines.node?.trim() ?? '', by: `devEngines in ${path}` };
    yield { value: pkg.engines.node?.trim() ?? '', by: `engines in ${path}` };
  }
}

/** The Node of a `.tool-versions` of asdf or mise: the first of its versions. */
function nodeOfTools(text: string): string {
  for (const line of text.split(/\r?\n/)) {
    const [tool, version = ''] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (tool === 'nodejs' || tool === 'node') return version;
  }
  return '';
}

/** The first line that is no comment. */
const firstWord = (text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*/, '').trim())
    .find((line) => line !== '') ?? '';
