/** The numbers on a benchmark's command line. */
import { parseArgs } from 'node:util';

/** Reads `--name N` for each of the defaults' names. Exits with a message for anything else. */
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
    process.stderr.write(`${error instanceof Error ? error.message : error}\nUsage: ${usage}\n`);
    process.exit(2);
  }
}

function positive(name: string, text: string | boolean | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a whole number from 1`);
  return value;
}
