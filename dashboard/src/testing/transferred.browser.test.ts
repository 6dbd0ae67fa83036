// @vitest-environment node
/** How much the first pages transfer in a real browser: with what they load later, which the build doesn't count. */
import { gzipSync } from 'node:zlib';
import type { Response } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { transferBudgetOf } from '../../bundling/budgets.ts';
import { chromiumPath } from './browser.ts';
import { sampleWorld } from './sample-world.ts';
import { useBrowser } from './visit.ts';
import { emptyWorld } from './world.ts';

const visit = useBrowser();

/** Opens a page, and gives the compressed size of all scripts that it loads until the network is idle, in bytes. */
async function scriptsOf(path: string, options: Parameters<typeof visit>[1]): Promise<Map<string, number>> {
  const scripts: Response[] = [];
  await visit(path, {
    ...options,
    prepare: async (context) =>
      context.on('response', (response) => {
        if (/\.js$/.test(new URL(response.url()).pathname)) scripts.push(response);
      }),
  });
  const sizes = scripts.map(
    async (response) => [new URL(response.url()).pathname, gzipSync(await response.body()).length] as const,
  );
  return new Map(await Promise.all(sizes));
}

describe.skipIf(chromiumPath === undefined)('the scripts of', () => {
  test.each([
    ['the sign-in', '/sign-in', { signedOut: true }],
    ['the overview', '/', { world: sampleWorld() }],
    ['the overview of a new team', '/', { world: emptyWorld() }],
  ] as const)('%s fit into the budget of its page', async (_title, path, options) => {
    const sizes = await scriptsOf(path, options);
    const sum = [...sizes.values()].reduce((total, size) => total + size, 0);
    expect(sizes.size).toBeGreaterThan(10);
    // Each costs a request, and is compressed for itself (bundling/shared-chunks.ts).
    expect(sizes.size).toBeLessThan(60);
    expect(sum).toBeLessThanOrEqual(transferBudgetOf(path));
  });
});
