/** The only style attribute of the dashboard, as the Content Security Policy allows it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The hash of the style attribute with which SvelteKit hides what it announces to screen readers. Throws if it has none
 * or several: then the policy has to change.
 */
export function announcerStyle(): `sha256-${string}` {
  const kit = fileURLToPath(import.meta.resolve('@sveltejs/kit/package.json'));
  const root = readFileSync(kit.replace(/package\.json$/, 'src/runtime/components/root.svelte'), 'utf8');
  const [style, ...others] = [...root.matchAll(/\sstyle="([^"]*)"/g)].map(([, text]) => text);
  if (style === undefined || others.length > 0) {
    throw new Error(
      'SvelteKit’s announcer has other style attributes than before. Change the Content Security Policy.',
    );
  }
  return `sha256-${createHash('sha256').update(style).digest('base64')}`;
}
