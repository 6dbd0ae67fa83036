/** The numbers that a benchmark takes on its command line. */
import { parseArgs } from 'node:util';

/**
 * Reads `--name N` for each of the defaults' names. Ends the process with a sentence when something else is given.
 */
export function numberFlags<Name extends string>(
  defaults: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const names = Object.keys(defaults) as Name[];
  try {
    const { values } = parseArgs({
      options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
    });
    const entries = names.map((name) => [name, positive(name, values[name], defaults[name])] as const);
    return Object.fromEntries(entries) as Record<Name, number>;
  } catch (error) {
    const usage = names.map((name) => `[--${name} ${defaults[name]}]`).join(' ');
    process.stderr.write(`${error instanceof Error ? error.message : error}\nIt takes: ${usage}\n`);
    process.exit(2);
  }
}

function positive(name: string, given: string | boolean | undefined, otherwise: number): number {
  if (given === undefined) return otherwise;
  const value = Number(given);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1`);
  return value;
}
