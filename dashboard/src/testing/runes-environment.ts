import type { Environment } from 'vitest/environments';

/**
 * Node, with modules compiled as for a browser: runes are live only in Svelte's browser build. There is no
 * DOM here; what needs one is tested in a real browser.
 */
export default {
  name: 'runes',
  viteEnvironment: 'client',
  setup: () => ({ teardown: () => undefined }),
} satisfies Environment;
