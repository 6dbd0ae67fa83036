/** The permissions of an app as one fact, which has a limited length. */

/** Longer than a fact may be cut to in a record. */
const MAX_TEXT = 460;
const ANDROID = 'android.permission.';

/** Names of permissions in a text, Android's own without what all of them begin with; null for none. */
export function permissionList(names: readonly string[]): string | null {
  const short = names.map((name) => (name.startsWith(ANDROID) ? name.slice(ANDROID.length) : name));
  let text = '';
  for (const [index, name] of short.entries()) {
    const longer = text === '' ? name : `${text}, ${name}`;
    if (longer.length > MAX_TEXT) return `${text === '' ? '' : `${text} and `}${short.length - index} more`;
    text = longer;
  }
  return text === '' ? null : text;
}
