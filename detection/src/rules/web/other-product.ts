/** Projects that are built with the tools of the web and are no site: parts of other products, and functions for other hosts. */
import { parseLooseJson } from '../../data-text.ts';
import { allDependencies, type PackageJson } from '../../package-json.ts';
import { joinPath, type SourceTree } from '../../tree.ts';
import type { Refusal } from '../rule.ts';

interface Product {
  /** With its article. */
  readonly name: string;
  readonly isThere: (project: Project) => boolean;
  /** What it needs, where that is more than a place of its own. */
  readonly hint?: string;
}

/** A folder with a package.json. */
interface Project {
  readonly tree: SourceTree;
  readonly folder: string;
  readonly pkg: PackageJson;
}

const dependsOn =
  (...names: readonly string[]) =>
  ({ pkg }: Project): boolean => {
    const all = allDependencies(pkg);
    return names.some((name) => all[name] !== undefined);
  };

/** What a package runs with, not what it only tests or talks to. */
const runs =
  (...names: readonly string[]) =>
  ({ pkg }: Project): boolean =>
    names.some((name) => pkg.dependencies[name] !== undefined);

const has =
  (...names: readonly string[]) =>
  ({ tree, folder }: Project): boolean =>
    tree.firstFile(folder, names) !== null;

const SERVER = 'It needs a process and a disk of its own. Run it elsewhere, and deploy its front end here.';

const PRODUCTS: readonly Product[] = [
  { name: 'an AdonisJS server', isThere: runs('@adonisjs/core'), hint: SERVER },
  { name: 'a Strapi server', isThere: runs('@strapi/strapi', 'strapi'), hint: SERVER },
  { name: 'a Medusa server', isThere: runs('@medusajs/medusa', '@medusajs/framework'), hint: SERVER },
  { name: 'a Keystone server', isThere: runs('@keystone-6/core'), hint: SERVER },
  {
    name: 'a Mastra server',
    isThere: ({ pkg }) => /\bmastra build\b/.test(pkg.scripts.build ?? ''),
    hint: SERVER,
  },
  { name: 'a Vendure server', isThere: runs('@vendure/core'), hint: SERVER },
  { name: 'an MCP server (xmcp)', isThere: dependsOn('xmcp'), hint: SERVER },
  {
    name: 'a NativeScript app',
    isThere: dependsOn('@nativescript/core', 'tns-core-modules'),
    hint: 'No builder image has its tools. Set an image that has them, a build command and outputs in the app or in appflux.json.',
  },
  { name: 'an extension of Visual Studio Code', isThere: ({ pkg }) => pkg.engines.vscode !== undefined },
  { name: 'a browser extension', isThere: (project) => isBrowserExtension(project) },
  { name: 'an Obsidian plugin', isThere: dependsOn('obsidian') },
  { name: 'a Figma plugin', isThere: dependsOn('@figma/plugin-typings') },
  { name: 'a Raycast extension', isThere: dependsOn('@raycast/api') },
  { name: 'a WordPress plugin', isThere: dependsOn('@wordpress/scripts') },
  {
    name: 'a Ghost theme',
    isThere: ({ pkg, tree, folder }) =>
      pkg.engines.ghost !== undefined || has('default.hbs')({ pkg, tree, folder }),
  },
  { name: 'a Shopify theme', isThere: has('layout/theme.liquid') },
  { name: 'a Salesforce project', isThere: has('sfdx-project.json') },
  { name: 'a GitHub Action', isThere: (project) => isAction(project) },
  {
    name: 'a project for AWS',
    // A site may have one of these files for its own hosting.
    isThere: (project) =>
      has('serverless.yml', 'serverless.ts', 'serverless.yaml', 'cdk.json', 'samconfig.toml')(project) &&
      !has('index.html', 'public/index.html', 'src/index.html')(project) &&
      !dependsOn('next', 'nuxt', 'astro', 'vite', '@angular/core', 'react-scripts', 'gatsby')(project),
  },
];

/** What a package is, if it is a part of another product or made for another host; null if it may be a site. */
export function otherProduct(project: Project): Refusal | null {
  const product = PRODUCTS.find(({ isThere }) => isThere(project));
  if (product === undefined) return null;
  return {
    refusal: `This is ${product.name}, ${product.hint === undefined ? 'not a site' : 'which AppFlux can’t run'}.`,
    hint:
      product.hint ??
      'To deploy what its build creates as a download, set outputs in the app or in appflux.json to that folder. If a subfolder has a site, set it as the root directory.',
    searchBelow: true,
  };
}

/** Bundlers that make nothing else, and the manifest that every browser asks for: https://developer.chrome.com/docs/extensions/reference/manifest */
function isBrowserExtension(project: Project): boolean {
  const { tree, folder } = project;
  const tools = [
    'wxt',
    'plasmo',
    '@crxjs/vite-plugin',
    'web-ext',
    'webextension-polyfill',
    'vite-plugin-web-extension',
  ];
  if (dependsOn(...tools)(project)) return true;
  return ['', 'src', 'public', 'app', 'extension', 'static'].some((inner) => {
    const manifest = parseLooseJson(tree.text(joinPath(folder, inner, 'manifest.json')) ?? '');
    return typeof manifest?.manifest_version === 'number';
  });
}

/** https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax */
function isAction({ tree, folder, pkg }: Project): boolean {
  const path = tree.firstFile(folder, ['action.yml', 'action.yaml']);
  return (
    path !== null &&
    /^\s{1,8}using:\s*["']?(?:node|composite|docker)/m.test(tree.text(path) ?? '') &&
    pkg.name !== null
  );
}
