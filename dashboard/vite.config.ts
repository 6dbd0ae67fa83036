import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

/** Where `npm run dev` finds the control plane. */
const edge = process.env.APPFLUX_URL ?? 'http://localhost:8787';

export default defineConfig({
  plugins: [
    tailwindcss(),
    sveltekit({
      adapter: adapter({ fallback: 'index.html' }),
      // `connect-src` is not said here: where storage takes uploads is known to the edge alone, which adds its
      // own Content-Security-Policy header. Two policies both apply, so this one can only be narrowed.
      csp: {
        mode: 'hash',
        directives: {
          'script-src': ['self'],
          'style-src': ['self'],
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
    proxy: {
      '/api': { target: edge, ws: true },
      '/auth': { target: edge },
    },
  },
});
