import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { RETRIES, UNIT_WORKERS } from '../stack/testing/workers.ts';

// Without SvelteKit's plugin: unit tests only need the Svelte compiler, and pages are tested in a browser as built.
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [svelte({ configFile: false })],
  // The dashboard's own tsconfig extends one that `svelte-kit sync` generates, which a fresh checkout doesn't have.
  tsconfig: '../tsconfig.json',
  resolve: { conditions: ['browser'] },
  test: {
    name: 'dashboard',
    include: ['src/**/*.test.ts', 'bundling/*.test.ts', 'translating/*.test.ts'],
    maxWorkers: UNIT_WORKERS,
    // Files of a worker share its modules, which saves most of their time.
    isolate: false,
    // States can take a while to appear on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    environment: fileURLToPath(new URL('src/testing/runes-environment.ts', import.meta.url)),
    hookTimeout: 120_000,
    testTimeout: 60_000,
    retry: RETRIES,
  },
});
