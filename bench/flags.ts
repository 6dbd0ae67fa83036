/** What a benchmark's command line says. */
import { parseArgs } from 'node:util';

/** Reads `--name N` for each of the defaults' names. Exits with a message for anything else. */
export function numberFlags<Name extends string>(
  defaults: Readonly<Record<Name, number>>,
): Record<Name, number> {
  return numbersAndChoice(defaults, 'choice', []).numbers;
}

/**
 * Reads `--name N` for each of the defaults' names, and `--choice VALUE`, one of the given values. Exits with a message
 * for anything else.
 * @param choice the flag's name
 * @returns the chosen value is null if the flag is absent
 */
export function numbersAndChoice<Name extends string, Value extends string>(
  defaults: Readonly<Record<Name, number>>,
  choice: string,
  values: readonly Value[],
): { readonly numbers: Record<Name, number>; readonly chosen: Value | null } {
  const names = Object.keys(defaults) as Name[];
  const flags = [...names, ...(values.length === 0 ? [] : [choice])];
  try {
    const given = parseArgs({
      options: Object.fromEntries(flags.map((name) => [name, { type: 'string' as const }])),
    }).values;
    const entries = names.map((name) => [name, positive(name, given[name], defaults[name])] as const);
    const text = given[choice];
    const chosen = text === undefined ? null : values.find((value) => value === text);
    if (chosen === undefined) throw new Error(`--${choice} must be one of ${values.join(', ')}`);
    return { numbers: Object.fromEntries(entries) as Record<Name, number>, chosen };
  } catch (error) {
    const numbers = names.map((name) => `[--${name} ${defaults[name]}]`);
    const usage = [...numbers, ...(values.length === 0 ? [] : [`[--${choice} ${values.join('|')}]`])];
    process.stderr.write(`${error instanceof Error ? error.message : error}\nUsage: ${usage.join(' ')}\n`);
    process.exit(2);
  }
}

function positive(name: string, text: string | boolean | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a whole number from 1`);
  return value;
}
