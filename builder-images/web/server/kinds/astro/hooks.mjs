/** Lets modules of ours stand in for Astro's loader of configurations, and for the adapter in a configuration. */
import { Buffer } from 'node:buffer';

const OURS = new URL('./', import.meta.url).href;
const CONFIG_OF_ASTRO = /\/node_modules\/astro\/dist\/core\/config\/config\.js(?:\?|$)/;
const ADAPTER = /\/node_modules\/@astrojs\/cloudflare\/dist\/index\.js$/;

/** A module of ours, with the URL of the one that it stands in for. */
const standIn = (name, url) => ({
  url: `${OURS}${name}?${new URLSearchParams({ original: url })}`,
  format: 'module',
  shortCircuit: true,
});

/** Modules of ours get the adapter itself, and so does `require.resolve`, which knows no queries. */
const isSwapped = ({ url }, { parentURL = '', conditions }) =>
  ADAPTER.test(url) && !parentURL.startsWith(OURS) && !conditions.includes('require');

const swapped = (found, context) => (isSwapped(found, context) ? standIn('stand-in.mjs', found.url) : found);

/** For both of Node's interfaces: `next` of `registerHooks` answers, and that of `register` gives a promise. */
export function resolve(specifier, context, next) {
  const parent = context.parentURL ?? '';
  if (specifier === './vite-load.js' && CONFIG_OF_ASTRO.test(parent))
    return standIn('load-config.mjs', new URL(specifier, parent).href);
  const found = next(specifier, context);
  return found instanceof Promise ? found.then((late) => swapped(late, context)) : swapped(found, context);
}

const IMAGE_SERVICE = /\/node_modules\/astro\/dist\/assets\/services\/service\.js$/;
/** ./load-config.mjs sets the variable. */
const WITH_ENV = 'import.meta.env ??= { BASE_URL: process.env.APPFLUX_SERVER_ASTRO_BASE };\n';

/**
 * Astro's image service expects that Vite has replaced `import.meta.env`. With this adapter, Node itself loads it for
 * pages that Node makes in advance.
 */
const completed = (loaded) => ({ ...loaded, source: `${WITH_ENV}${Buffer.from(loaded.source)}` });

/** For both of Node's interfaces, like `resolve`. */
export function load(url, context, next) {
  const loaded = next(url, context);
  if (!IMAGE_SERVICE.test(url)) return loaded;
  return loaded instanceof Promise ? loaded.then(completed) : completed(loaded);
}
