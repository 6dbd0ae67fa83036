/** The lines of a very long log. */

/** Every so many lines, one reports an error. */
export const errorEvery = 100_000;

/** The text of a line, as compilers print it: some with colors. */
export function longText(line: number): string {
  if (line % errorEvery === 0) return `src/module-${line}.ts(3,1): error TS2322: Type mismatch.`;
  if (line % 10 === 0) return `\u001b[32m✓\u001b[39m src/module-${line}.ts \u001b[2m12ms\u001b[22m`;
  return `compiled src/module-${line}.ts in ${line % 97} ms`;
}
