import { builtinEnvironments } from 'vitest/runtime';

/**
 * Node, with modules compiled as for a browser: runes are live only in Svelte's browser build. There is no
 * DOM here; what needs one is tested in a real browser.
 */
export default { ...builtinEnvironments.node, name: 'runes', viteEnvironment: 'client' };
