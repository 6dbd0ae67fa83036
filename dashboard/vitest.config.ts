import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { UNIT_WORKERS } from '../stack/testing/workers.ts';

// Kit's own plugin is left out: state classes and pure parts need the Svelte compiler alone, and pages are
// tested in a browser, as they are built.
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [svelte({ configFile: false })],
  // The dashboard's own extends one that `svelte-kit sync` makes, which a fresh checkout has not run yet.
  tsconfig: '../tsconfig.json',
  resolve: { conditions: ['browser'] },
  test: {
    name: 'dashboard',
    include: ['src/**/*.test.ts'],
    maxWorkers: UNIT_WORKERS,
    // A state that is waited for may take a while where others need the processors too.
    expect: { poll: { timeout: 20_000 } },
    environment: fileURLToPath(new URL('src/testing/runes-environment.ts', import.meta.url)),
    hookTimeout: 120_000,
    testTimeout: 60_000,
  },
});
