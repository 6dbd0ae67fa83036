/** What runners of many packages set before each line, so that one knows whose it is. Pure. */

/**
 * Turborepo and Lerna: `web:build: `, `@shop/web:build: `; the task begins with a letter, as no line number does.
 * pnpm -r: `packages/web build: `; Nx: `web | `.
 */
const PREFIX =
  /^(?:[@\w./-]{1,80}:[a-z][\w-]{0,40}: ?|[@\w./-]{1,80} [a-z][\w:-]{0,40}: |[@\w./-]{1,80} {1,20}\| )/;

/** Fewer lines with the same beginning are a tool's own words. */
const FEWEST = 3;

/**
 * The lines without the name of their task, where a task's name stands before at least three of them; else as they are.
 */
export function withoutTaskPrefix(lines: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  const prefixes = lines.map((line) => PREFIX.exec(line)?.[0] ?? '');
  for (const prefix of prefixes) counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  return lines.map((line, index) => {
    const prefix = prefixes[index] ?? '';
    return prefix !== '' && (counts.get(prefix) ?? 0) >= FEWEST ? line.slice(prefix.length) : line;
  });
}
