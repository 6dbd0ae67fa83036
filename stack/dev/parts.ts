/** Which parts of an instance `npm run dev` runs. */
import { StackProblem } from '../problem.ts';

export const PARTS = ['edge', 'dashboard', 'runner'] as const;
export type Part = (typeof PARTS)[number];

/**
 * The parts that the arguments of `npm run dev` name: all without any, else those of `--only edge,runner`.
 * @throws StackProblem `arguments_invalid`
 */
export function partsOf(args: readonly string[]): ReadonlySet<Part> {
  const words = args.flatMap((arg) => arg.split('='));
  if (words.length === 0) return new Set(PARTS);
  const [flag, ...values] = words;
  const names = values.flatMap((value) => value.split(',')).filter((name) => name !== '');
  const isPart = (name: string): name is Part => (PARTS as readonly string[]).includes(name);
  if (flag !== '--only' || names.length === 0 || !names.every(isPart)) {
    throw new StackProblem(
      'arguments_invalid',
      `Unknown arguments for "npm run dev": ${args.join(' ')}`,
      `run "npm run dev", or "npm run dev -- --only" with ${PARTS.join(', ')}, or several of them with commas`,
    );
  }
  return new Set(names);
}
