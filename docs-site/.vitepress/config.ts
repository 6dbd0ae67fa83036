/** The documentation as a site. Its pages are the repository's Markdown files, in their places. */
import { cp, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { defineConfig } from 'vitepress';
import { headingId, linkOnSite, navigationProblems, pageOf, SECTIONS, START } from './pages.ts';

const SITE = join(import.meta.dirname, '..');
const ROOT = join(SITE, '..');

const docs = (await readdir(join(ROOT, 'docs')))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const problems = navigationProblems(docs);
if (problems.length > 0)
  throw new Error(`${problems.join('; ')}. Change SECTIONS in docs-site/.vitepress/pages.ts.`);

const files = [START, ...SECTIONS.flatMap(({ pages }) => pages.map(({ file }) => file))];
const route = (file: string) => `/${(pageOf(file) ?? '').replace(/\.md$/, '')}`;

/** Everything else that may hold Markdown: other people's packages, fixtures, folders without a page. */
const excluded = (await readdir(ROOT)).flatMap((name) => {
  if (files.includes(name)) return [];
  return files.some((file) => file.startsWith(`${name}/`)) ? [`${name}/*/**`] : [name, `${name}/**`];
});

/** The dashboard's icon, in its small form. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="8" fill="#3643c4"/>
<g fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round">
<path d="M6.5 20.5c5 0 5-9 9.5-9s4.5 0 9.5 0"/><path d="M6.5 20.5c5 0 5 0 9.5 0s4.5-9 9.5-9" opacity=".55"/>
</g></svg>`;

export default defineConfig({
  title: 'AppFlux',
  description: 'Builds and deploys apps on your own machines.',
  lang: 'en',
  head: [
    ['link', { rel: 'icon', type: 'image/svg+xml', href: `data:image/svg+xml,${encodeURIComponent(ICON)}` }],
  ],
  srcDir: '..',
  cacheDir: 'node_modules/.cache/vitepress',
  srcExclude: excluded,
  rewrites: Object.fromEntries(files.map((file) => [file, pageOf(file) ?? file])),
  cleanUrls: true,
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Self-hosting', link: '/self-hosting' },
      { text: 'API', link: '/api' },
      { text: 'Changelog', link: '/changelog' },
    ],
    sidebar: SECTIONS.map(({ title, pages }) => ({
      text: title,
      items: pages.map((page) => ({ text: page.title, link: route(page.file) })),
    })),
    docFooter: { prev: 'Previous', next: 'Next' },
  },
  markdown: {
    // As on Git hosts, so that one link to a heading works on both.
    anchor: { slugify: headingId },
    config: (md) => {
      // Pages are Markdown, not templates: Vue would evaluate what is between double braces.
      const { text } = md.renderer.rules;
      md.renderer.rules.text = (...args) => (text?.(...args) ?? '').replaceAll('{{', '<span v-pre>{{</span>');
      md.core.ruler.push('plain-markdown', ({ tokens, env }) => {
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          if (token.type === 'code_inline') token.attrSet('v-pre', '');
          const href = token.type === 'link_open' ? token.attrGet('href') : null;
          if (href !== null)
            token.attrSet('href', linkOnSite(relative(ROOT, env.realPath ?? env.path), href));
        }
      });
    },
  },
  vite: {
    plugins: [
      {
        // Vue isn't found from pages outside this folder. On the server it stays a package, so that all share one copy.
        name: 'vue-of-pages',
        enforce: 'pre',
        resolveId(id, _importer, { ssr }) {
          if (!/^vue(?:\/server-renderer)?$/.test(id)) return null;
          return ssr ? { id, external: true } : this.resolve(id, join(SITE, 'index.md'), { skipSelf: true });
        },
      },
    ],
    server: { watch: { ignored: ['**/.appflux/**', '**/dist/**', '**/build/**'] } },
  },
  buildEnd: ({ outDir }) =>
    cp(join(ROOT, 'docs', 'monitoring'), join(outDir, 'monitoring'), { recursive: true }),
});
