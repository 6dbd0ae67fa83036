/** A variable that a build wants and does not have, as tools and people's own checks say it. */
import { byRules, type Found, group } from './rule.ts';

/** The name of a variable as nearly everybody writes it: capitals with at least one underscore between them. */
const NAME = '(?<name>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)';
/** A name that is said to be a variable's may have no underscore. */
const ANY = '(?<name>[A-Z][A-Z0-9_]+)';

function hint(found: Found): string {
  const name = group(found, 'name');
  return `Add the variable ${name} to the app (Settings, Variables) for this environment, and deploy again.`;
}

/** Not in a line of code that is shown with an error: the error itself says it again. */
const rule = (source: string, flags = '') => ({
  when: new RegExp(`^(?!.*(?:\\bthrow\\b|process\\.env)).*?${source}`, flags),
  hint,
});

export const explainMissingVariable = byRules([
  // Prisma
  rule(`Environment variable not found: ${ANY}`),
  rule(
    `environment variables?:? ["'\`]?${ANY}["'\`]? (?:is|was|are) (?:not|missing|required|undefined)`,
    'i',
  ),
  rule(
    `(?:[Mm]issing|[Uu]ndefined|[Nn]o) (?:required )?(?:env|environment|ENV)(?: var| variable)?s?:? ["'\`]?${ANY}`,
  ),
  rule(
    `["'\`]?${ANY}["'\`]? (?:env|environment) var(?:iable)? (?:is|was) (?:not|missing|required|unset|undefined)`,
  ),
  // SvelteKit
  rule(`"${ANY}" is not exported by "[^"\\w$]?(?:virtual:env|\\$env)/`),
  // envalid, zod and their like
  rule(`(?<![^\\s])${NAME}: (?:Required|undefined|Invalid input: expected string, received undefined)`),
  rule(
    `(?:^|[\\s"'\`:])${NAME}["'\`]? (?:is|was) (?:not (?:set|defined|provided|configured)|missing|required|undefined)\\b`,
  ),
  rule(`[Mm]issing ["'\`]?${NAME}\\b`),
  {
    when: /Invalid environment variables|Environment validation failed/i,
    hint: 'The following log lines name the variables. Add them to the app (Settings, Variables) for this environment.',
  },
]);
