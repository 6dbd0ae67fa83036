/** What is done by keys on every page. */
export type KeyAction =
  | { readonly kind: 'palette' }
  | { readonly kind: 'help' }
  | { readonly kind: 'search' }
  | { readonly kind: 'goTo'; readonly path: KeyPath };

/** The pages that have a key of their own, after `g`; `n` alone is for the new app. */
export const PAGE_KEYS = {
  o: '/',
  a: '/apps',
  d: '/deployments',
  y: '/activity',
  t: '/analytics',
  r: '/runners',
  s: '/settings/account',
} as const;
export type KeyPath = (typeof PAGE_KEYS)[keyof typeof PAGE_KEYS] | '/new';

/** How long the second key of a sequence may take, in milliseconds. */
const SEQUENCE_MS = 1500;

/** The part of a keyboard event that decides. */
export type Press = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'repeat' | 'isComposing'>;

/** Reads presses one after the other. Only sequences keep a state: that `g` was pressed. */
export class KeyReader {
  #afterG = Number.NEGATIVE_INFINITY;

  /**
   * What a press means; null if nothing. `typing` says that the press belongs to a field, and `single` that keys without
   * Ctrl or ⌘ count (people can switch them off: WCAG 2.2, 2.1.4). `now` is in milliseconds.
   */
  read(
    press: Press,
    { typing, single, now }: { typing: boolean; single: boolean; now: number },
  ): KeyAction | null {
    const isSecond = now - this.#afterG <= SEQUENCE_MS;
    this.#afterG = Number.NEGATIVE_INFINITY;
    if (press.repeat || press.isComposing || press.altKey) return null;
    const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
    if (press.ctrlKey || press.metaKey) return key === 'k' ? { kind: 'palette' } : null;
    if (typing || !single) return null;
    if (isSecond) {
      return key in PAGE_KEYS ? { kind: 'goTo', path: PAGE_KEYS[key as keyof typeof PAGE_KEYS] } : null;
    }
    if (key === 'g') {
      this.#afterG = now;
      return null;
    }
    if (key === 'n') return { kind: 'goTo', path: '/new' };
    if (key === '?') return { kind: 'help' };
    if (key === '/') return { kind: 'search' };
    return null;
  }
}
