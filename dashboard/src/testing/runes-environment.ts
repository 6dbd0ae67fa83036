import { builtinEnvironments } from 'vitest/runtime';

/**
 * Node, with modules compiled for browsers: runes are reactive only in Svelte's browser build. There is no DOM; tests
 * that need one run in a real browser.
 */
export default { ...builtinEnvironments.node, name: 'runes', viteEnvironment: 'client' };
