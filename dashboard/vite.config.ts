import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

/** The edge that `npm run dev` proxies to. */
const edge = process.env.APPFLUX_URL ?? 'http://localhost:8787';

/** Tests build into their own folders, so that the files of a running instance don't change. */
const folders =
  process.env.DASHBOARD_BUILD === 'test'
    ? { pages: '.svelte-kit/test/site', outDir: '.svelte-kit/test/kit' }
    : { pages: 'build', outDir: '.svelte-kit' };

export default defineConfig({
  plugins: [
    tailwindcss(),
    sveltekit({
      adapter: adapter({ pages: folders.pages, fallback: 'index.html' }),
      outDir: folders.outDir,
      // No `connect-src`: uploads go directly to the instance's storage, whose URL is unknown at build time.
      csp: {
        mode: 'hash',
        directives: {
          'script-src': ['self'],
          'style-src': ['self'],
          // SvelteKit's route announcer has a style attribute. Style elements stay forbidden.
          'style-src-attr': ['unsafe-inline'],
          'img-src': ['self', 'data:'],
          'font-src': ['self'],
          'object-src': ['none'],
          'base-uri': ['self'],
          // The form that registers the GitHub App is posted to GitHub, or to a GitHub Enterprise Server of any name.
          'form-action': ['self', 'https:'],
        },
      },
    }),
  ],
  build: { assetsInlineLimit: 0 },
  server: {
    // Everything that is not a page of the dashboard belongs to the edge, including WebSockets and presigned uploads.
    proxy: {
      '^/(?:api|auth|dl|hooks|cdn-cgi|\\.well-known)(?:/|$)': { target: edge, ws: true },
      '^/a/': { target: edge },
    },
  },
});
