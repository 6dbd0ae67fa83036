/**
 * Avatars are drawn here from a name and an id: a picture from elsewhere would tell that place who looks at which team.
 */

/** Of even lightness, so that white text is readable on each in light and dark (WCAG 1.4.3). */
export const AVATAR_COLORS = [
  'bg-[oklch(0.47_0.13_25)]',
  'bg-[oklch(0.47_0.1_60)]',
  'bg-[oklch(0.47_0.09_100)]',
  'bg-[oklch(0.47_0.1_140)]',
  'bg-[oklch(0.47_0.08_180)]',
  'bg-[oklch(0.47_0.09_220)]',
  'bg-[oklch(0.47_0.14_260)]',
  'bg-[oklch(0.47_0.15_290)]',
  'bg-[oklch(0.47_0.15_320)]',
  'bg-[oklch(0.47_0.14_355)]',
] as const;

/** The background of an avatar. The same id has the same color everywhere, in upper case and in lower case. */
export function avatarColor(id: string): (typeof AVATAR_COLORS)[number] {
  // FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(id.toLowerCase())) hash = Math.imul(hash ^ byte, 0x01000193);
  return AVATAR_COLORS[(hash >>> 0) % AVATAR_COLORS.length] ?? AVATAR_COLORS[0];
}

/** The first letters of the first two words of a name, or of what is before the @ of an email; `?` if there are none. */
export function initials(name: string): string {
  const words = name.replace(/@.*$/s, '').match(/[\p{L}\p{N}]+/gu) ?? [];
  const letters = words.slice(0, 2).map((word) => Array.from(word)[0] ?? '');
  return letters.join('').toLocaleUpperCase('en') || '?';
}
