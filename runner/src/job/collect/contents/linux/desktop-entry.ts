/** A desktop entry (freedesktop.org, "Desktop Entry Specification"): what a Linux desktop shows of a program. */

/** Values of the group `[Desktop Entry]` by their keys, without those of a language. The first of a key counts. */
export function readDesktopEntry(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let isMain = false;
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('[')) isMain = line.trim() === '[Desktop Entry]';
    const [, key, value] = /^([A-Za-z0-9-]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (isMain && key !== undefined && value !== undefined && !values.has(key)) values.set(key, value.trim());
  }
  return values;
}
