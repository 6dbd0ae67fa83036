/** Whether a site is a single-page app, which shows its `index.html` for every path that has no file. */

/** Frameworks whose build is one page, unless it is configured to render others. Ids of `@netlify/build-info` and ours. */
const SINGLE_PAGE = new Set([
  ...[
    'angular',
    'brunch',
    'create-react-app',
    'ember',
    'expo',
    'flutter',
    'parcel',
    'quasar',
    'react-router',
  ],
  ...['solid-js', 'stencil', 'svelte', 'svelte-kit', 'tanstack-router', 'trunk', 'vite', 'vue', 'wmr'],
]);

/**
 * Whether paths without a file get `/index.html`: if it is the only page at all and the framework builds single-page
 * apps, or is unknown and there is a script. A `404.html` says that it isn't one.
 * @param framework the plan's framework, in any case; null if none was detected
 * @param paths the files of the site, relative to its top
 */
export function defaultSpaFallback({
  framework,
  paths,
}: {
  readonly framework: string | null;
  readonly paths: Iterable<string>;
}): boolean {
  let hasIndex = false;
  let hasScript = false;
  for (const path of paths) {
    if (path === 'index.html') hasIndex = true;
    // Pages beside it are rendered by a generator. `200.html` is a copy that some adapters write.
    else if (/\.html?$/i.test(path) && path !== '200.html') return false;
    else if (/\.m?js$/i.test(path)) hasScript = true;
  }
  if (!hasIndex) return false;
  return framework === null ? hasScript : SINGLE_PAGE.has(framework.toLowerCase());
}
