/** Finds packages where Node would: beside the one that needs them, or further up. */

/**
 * The place of `name` as seen from a place, the nearest that `has`. Places are like `node_modules/a/node_modules/b`;
 * `between` is what stands between a package and one inside of it.
 */
export function nearest(
  from: string,
  name: string,
  has: (place: string) => boolean,
  between: string,
): string | null {
  // A name is in some folder of each place above: there are as many as the place has separators.
  for (let place = from; ; ) {
    const candidate = place === '' ? between + name : `${place}/${between}${name}`;
    if (has(candidate)) return candidate;
    if (place === '') return null;
    const above = between === '' ? aboveName(place) : aboveFolder(place, between);
    place = above;
  }
}

/** Of `packages/x/node_modules/a`: `packages/x`; of that `packages`, and so on. */
function aboveFolder(place: string, between: string): string {
  const inside = place.lastIndexOf(`/${between}`);
  const slash = place.lastIndexOf('/');
  if (inside > 0) {
    const name = place.slice(inside + 1 + between.length);
    const isPackage = name.split('/').length === (name.startsWith('@') ? 2 : 1);
    if (isPackage) return place.slice(0, inside);
  }
  if (place.startsWith(between)) return '';
  return slash === -1 ? '' : place.slice(0, slash);
}

/** Of `a/@s/b`: `a`. */
function aboveName(place: string): string {
  const parts = place.split('/');
  const last = parts.at(-2)?.startsWith('@') ? 2 : 1;
  return parts.slice(0, -last).join('/');
}
