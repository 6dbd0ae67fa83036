import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

/** Where `npm run dev` finds the edge. */
const edge = process.env.APPFLUX_URL ?? 'http://localhost:8787';

/** Tests build into folders of their own, so as not to swap the files of an instance that runs. */
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
      // There is no `connect-src`: uploads go straight to the storage that the owner has chosen, whose address
      // is not known when the dashboard is built.
      csp: {
        mode: 'hash',
        directives: {
          'script-src': ['self'],
          'style-src': ['self'],
          // Kit's own announcer of navigations carries a style attribute; style elements stay forbidden.
          'style-src-attr': ['unsafe-inline'],
          'img-src': ['self', 'data:'],
          'font-src': ['self'],
          'object-src': ['none'],
          'base-uri': ['self'],
          'form-action': ['self'],
        },
      },
    }),
  ],
  build: { assetsInlineLimit: 0 },
  server: {
    // Everything that is not a page of the dashboard is the edge's, WebSockets and presigned uploads included.
    proxy: {
      '^/(?:api|auth|dl|hooks|cdn-cgi|\\.well-known)(?:/|$)': { target: edge, ws: true },
      '^/a/': { target: edge },
    },
  },
});
