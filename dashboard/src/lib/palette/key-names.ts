import { PAGE_KEYS } from './keys.ts';

const isApple = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);

/** What the key for commands is called on this machine's keyboard. */
export const MODIFIER = isApple ? '⌘' : 'Ctrl';

/** The keys that go to a page; undefined if it has none. */
export function keysOf(path: string): readonly string[] | undefined {
  const key = Object.entries(PAGE_KEYS).find(([, page]) => page === path)?.[0];
  return key === undefined ? undefined : ['G', key.toUpperCase()];
}
