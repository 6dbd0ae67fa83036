/** Whether a site is a Progressive Web App: a web manifest and a service worker make it installable. */
import { parseJson } from '../../json.ts';
import type { Texts } from '../../package-json.ts';
import { joinPath, type SourceTree } from '../../tree.ts';

/** Packages that make both at build time. */
const PACKAGES =
  /^(?:vite-plugin-pwa|@vite-pwa\/.+|next-pwa|@ducanh2912\/next-pwa|serwist|@serwist\/.+|@angular\/service-worker|gatsby-plugin-offline|@docusaurus\/plugin-pwa|@nuxtjs\/pwa|@vue\/cli-plugin-pwa)$/;

/** Where frameworks keep files that are published as they are, and where some look for these two. */
const FOLDERS = ['', 'public', 'static', 'src', 'app', 'src/app', 'dist', 'www'];
const MANIFESTS = [
  'manifest.webmanifest',
  'site.webmanifest',
  'app.webmanifest',
  'manifest.json',
  'manifest.ts',
  'manifest.js',
];
const WORKERS = [
  'sw.js',
  'sw.ts',
  'service-worker.js',
  'service-worker.ts',
  'serviceworker.js',
  'serviceWorker.js',
];

/** Why the site in `folder` is a PWA, as a sentence; null if it is none. */
export function pwaReason(tree: SourceTree, folder: string, dependencies: Texts): string | null {
  const dependency = Object.keys(dependencies).find((name) => PACKAGES.test(name));
  if (dependency !== undefined) return `Type: pwa, because the project depends on ${dependency}.`;
  const manifest = findIn(tree, folder, MANIFESTS, (path) => isWebManifest(tree, path));
  const worker = findIn(tree, folder, WORKERS, () => true);
  if (manifest === null || worker === null) return null;
  return `Type: pwa, because there is a web manifest (${manifest}) and a service worker (${worker}).`;
}

function findIn(
  tree: SourceTree,
  folder: string,
  names: readonly string[],
  isRight: (path: string) => boolean,
): string | null {
  const paths = FOLDERS.flatMap((inner) => names.map((name) => joinPath(folder, inner, name)));
  return paths.find((path) => tree.isFile(path) && isRight(path)) ?? null;
}

/**
 * `manifest.json` is also what browser extensions, bundlers and others call their own: look inside
 * (https://www.w3.org/TR/appmanifest/).
 */
function isWebManifest(tree: SourceTree, path: string): boolean {
  if (!path.endsWith('manifest.json'))
    return !/\.[jt]s$/.test(path) || /(?:^|\/)app\/manifest\.[jt]s$/.test(path);
  const outcome = parseJson(tree.text(path) ?? '');
  if ('problem' in outcome || typeof outcome.value !== 'object' || outcome.value === null) return false;
  const members = Object.keys(outcome.value);
  const isExtension = members.includes('manifest_version');
  return (
    !isExtension && ['start_url', 'display', 'icons', 'short_name'].some((member) => members.includes(member))
  );
}
