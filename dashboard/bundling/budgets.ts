/** The most JavaScript that a page may load, compressed, in bytes. The build fails above. */
import type { RouteSize } from './route-sizes.ts';

/** Of the first page that people see: with and without a session. */
const FIRST_PAGE = 100_000;
const ANY_PAGE = 150_000;

/** What a first page may load besides once it knows what there is to show, such as the three ways to a first deployment. */
const LATER = 12_000;

const FIRST_PAGES: readonly string[] = ['/', '/sign-in'];

/** The budget of a route. */
export const budgetOf = (route: string): number => (FIRST_PAGES.includes(route) ? FIRST_PAGE : ANY_PAGE);

/**
 * The most that a page may transfer until it is complete. The build can't count it: it is what a browser loads
 * (src/testing/transferred.browser.test.ts). The sign-in has nothing to load later.
 */
export const transferBudgetOf = (route: string): number =>
  budgetOf(route) + (route === '/sign-in' ? 0 : LATER);

/** The pages that load more than they may. */
export const overBudget = (sizes: readonly RouteSize[]): RouteSize[] =>
  sizes.filter(({ route, size }) => size > budgetOf(route));

/** A table of all pages for the output of the build. */
export function sizeTable(sizes: readonly RouteSize[]): string {
  const width = Math.max(...sizes.map(({ route }) => route.length));
  const rows = sizes.map(({ route, size }) => {
    const budget = budgetOf(route);
    return `${route.padEnd(width)}  ${kilobytes(size)} of ${kilobytes(budget)}${size > budget ? '  over budget' : ''}`;
  });
  return ['JavaScript by page, gzip:', ...rows].join('\n');
}

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1).padStart(6)} kB`;
