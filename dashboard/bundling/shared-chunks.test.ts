import { describe, expect, test } from 'vitest';
import { chunksOfShared } from './shared-chunks.ts';

const NODE = '/x/node_modules/svelte/index.js';
const PAYLOAD = '/x/node_modules/@sveltejs/kit/src/runtime/client/payload.js';

const IMPORTS: Readonly<Record<string, readonly string[]>> = {
  'start.js': [NODE, PAYLOAD, 'shell.ts', '/protocol/src/index.ts'],
  'shell.ts': ['icon.ts', 'circle.ts'],
  'circle.ts': ['shell.ts'],
  '/protocol/src/index.ts': ['/x/node_modules/zod/index.js', 'words.ts'],
  'one.js': ['card.ts', 'shell.ts', 'rare.ts'],
  'two.js': ['card.ts'],
  'three.js': ['\0appflux-protocol-of-forms', '/app/app-manifest.js'],
  '\0appflux-protocol-of-forms': ['form.ts'],
  'card.ts': [],
};

const chunks = chunksOfShared(['start.js'], ['one.js', 'two.js', 'three.js'], (id) => IMPORTS[id] ?? []);

describe('in a chunk of all pages', () => {
  test.each([
    ['what the start of the app loads', 'shell.ts', 'shared'],
    ['what that imports, also in a circle', 'circle.ts', 'shared'],
    ['what half of the pages load', 'card.ts', 'shared'],
    ['libraries, in one of their own', NODE, 'libraries'],
  ])('is %s', (_, id, chunk) => {
    expect(chunks.get(id)).toBe(chunk);
  });

  test.each([
    ['what fewer pages load', 'rare.ts'],
    ['an entry', 'start.js'],
    ['a page', 'one.js'],
    ['the protocol', '/protocol/src/index.ts'],
    ['what only the protocol imports', 'words.ts'],
    ['a schema of a form', 'form.ts'],
    ['the payload, which is set before the rest of SvelteKit is loaded', PAYLOAD],
    ['SvelteKit’s list of chunks', '/app/app-manifest.js'],
  ])('is not %s', (_, id) => {
    expect(chunks.has(id)).toBe(false);
  });
});
