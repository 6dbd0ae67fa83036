import { fileURLToPath } from 'node:url';
import { isLanguage } from '@appflux/protocol/languages';
import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';
import { announcerStyle } from './bundling/announcer-style.ts';
import { withAssetHeaders } from './bundling/asset-headers.ts';
import { checkSizes } from './bundling/check-sizes.ts';
import { foldersOf } from './bundling/languages.ts';
import { isModuleOfForms, protocolModules } from './bundling/protocol-modules.ts';
import { sharedChunks } from './bundling/shared-chunks.ts';
import { shortNames } from './bundling/short-names.ts';
import { unusedSchemas } from './bundling/unused-schemas.ts';
import { withoutJsonSchema } from './bundling/without-json-schema.ts';
import { translated } from './translating/plugin.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The edge that `npm run dev` proxies to. */
const edge = process.env.APPFLUX_URL ?? 'http://localhost:8787';

/** `npm run build` builds every language (bundling/build.ts). */
const language = process.env.DASHBOARD_LANGUAGE ?? 'en';
if (!isLanguage(language)) throw new Error(`DASHBOARD_LANGUAGE is no language of the dashboard: ${language}`);

const { pages, outDir } = foldersOf(language, process.env.DASHBOARD_BUILD === 'test');

/** Plugins that change modules, for pages and for workers. */
const ofModules = () => [
  language === 'en' ? [] : translated(language, isModuleOfForms),
  protocolModules({
    language,
    client: path('../client/src/'),
    dashboard: path('src/'),
    protocol: path('../protocol/src/index.ts'),
    trusted: path('src/lib/api/trusted-schemas.ts'),
    choice: path('src/lib/api/light-choice.ts'),
    light: path('src/lib/api/light-schemas.ts'),
  }),
  withoutJsonSchema(),
  unusedSchemas([path('../protocol/src/'), path('../client/src/provenance/')]),
];

export default defineConfig({
  worker: { plugins: ofModules },
  plugins: [
    ...ofModules(),
    checkSizes(path('src/routes'), process.env.BUNDLE_SIZES !== undefined),
    sharedChunks(),
    shortNames(),
    tailwindcss(),
    sveltekit({
      // The edge reserves this name (edge/src/dashboard/serve.ts): sites have folders called `_app`, too.
      appDir: '_appflux',
      adapter: withAssetHeaders(adapter({ pages, fallback: 'index.html' }), pages),
      outDir,
      // All languages are one version: a page of one doesn't take another build for an update.
      version: { name: process.env.DASHBOARD_VERSION ?? String(Date.now()) },
      // src/lib/offline/worker.ts does, once the page has loaded.
      serviceWorker: { register: false },
      csp: {
        mode: 'hash',
        directives: {
          'default-src': ['none'],
          'script-src': ['self'],
          'style-src': ['self'],
          // No style elements, and no style attributes but that of SvelteKit's announcer.
          'style-src-attr': ['unsafe-hashes', announcerStyle()],
          'img-src': ['self', 'data:'],
          'font-src': ['self'],
          'manifest-src': ['self'],
          'worker-src': ['self'],
          // Uploads go to the instance's storage and sign-in to its Supabase project, whose URLs are unknown at build time.
          // The edge makes a header of this policy, with those two alone (edge/src/dashboard/policy.ts).
          'connect-src': ['self', 'https:', 'http:', 'wss:', 'ws:'],
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
    // The sample project is part of the page that deploys it.
    fs: { allow: ['../samples'] },
    // Everything that is not a page of the dashboard belongs to the edge, including WebSockets and presigned uploads.
    proxy: {
      '^/(?:api|auth|dl|hooks|cdn-cgi|\\.well-known)(?:/|$)': { target: edge, ws: true },
      '^/a/': { target: edge },
    },
  },
});
