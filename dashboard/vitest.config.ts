import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Kit's own plugin is left out: state classes and pure parts need the Svelte compiler alone, and pages are
// tested in a browser, as they are built.
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [svelte({ configFile: false })],
  // The dashboard's own extends one that `svelte-kit sync` makes, which a fresh checkout has not run yet.
  tsconfig: '../tsconfig.json',
  // Runes work only in Svelte's browser build.
  resolve: { conditions: ['browser'] },
  test: {
    name: 'dashboard',
    include: ['src/**/*.test.ts'],
    hookTimeout: 120_000,
    testTimeout: 30_000,
  },
});
