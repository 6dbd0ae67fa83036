/** SvelteKit and Svelte's compiler. */
import { byRules, group } from './rule.ts';

export const explainSvelteKit = byRules([
  {
    when: /^Error: (?<status>\d{3}) (?<path>\S+) \(linked from (?<from>[^)]+)\)/,
    say: (found) =>
      `Prerendering: ${group(found, 'path')} responds with ${group(found, 'status')}, and ${group(found, 'from')} links to it`,
    hint: 'Correct the link or create the page. To ignore it, set kit.prerender.handleHttpError in svelte.config.js.',
  },
  {
    when: /@sveltejs\/adapter-static: all routes must be fully prerenderable/,
    hint: 'Put `export const prerender = true` into src/routes/+layout.js, or set a `fallback` page in adapter-static for a single-page app.',
  },
  {
    when: /Could not detect a supported production environment/,
    hint: 'Use @sveltejs/adapter-static (or adapter-node) instead of adapter-auto in svelte.config.js.',
  },
  {
    when: /^\[(?:vite-plugin-svelte|plugin vite-plugin-svelte)[\w:]*\]/,
    say: ({ match }) =>
      match.input.replace(/^(?:\[[^\]]*\] )+/, '').replace(/^(\S+) \(\d+:\d+\): \S+?(:\d+:\d+) /, '$1$2: '),
    hint: 'The component can’t be compiled. Fix it at the location shown; the next log line links to an explanation.',
  },
  {
    when: /Cannot import \S+ into (?:code that runs in the browser|client-side code)/,
    hint: 'Secrets stay on the server: use it in a +page.server.js or +server.js, or make the variable public (PUBLIC_…).',
  },
]);
