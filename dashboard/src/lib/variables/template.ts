/** The names of variables as a `.env` file. Pure. */
import type { VariableInfo } from '@appflux/protocol';

/**
 * A `.env` file of all names without values, for others to fill in. A comment says where a variable applies, if that is
 * not everywhere.
 */
export function envTemplate(variables: readonly Pick<VariableInfo, 'name' | 'environments'>[]): string {
  const lines = variables.flatMap(({ name, environments: [first, second] }) => [
    ...(first !== undefined && second === undefined ? [`# ${first} only`] : []),
    `${name}=`,
  ]);
  return lines.map((line) => `${line}\n`).join('');
}
