/** The modules that SvelteKit generates as entries of the browser's build. */

/** SvelteKit's own modules that every page loads; the nodes 0 and 1 are the root layout and the error page. */
const START = [
  /\/kit\/src\/runtime\/client\/(?:client-)?entry\.js$/,
  /\/client-optimized\/app\.js$/,
  /\/client-optimized\/nodes\/[01]\.js$/,
];

/** A page or layout: a module that exports its component. */
export const NODE = /\/client-optimized\/nodes\/\d+\.js$/;

/** Whether every page loads the entry. */
export const isStart = (id: string): boolean => START.some((pattern) => pattern.test(id));
