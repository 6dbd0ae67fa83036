/**
 * The names of an app's variables in a file like `.env`. The instance never gives a value back, so a pull can only say
 * which variables there are; what a person has filled in stays.
 */
import type { Environment, VariableInfo } from '@appflux/protocol';

/** Variables with what is said of them. */
type Variable = Pick<VariableInfo, 'name' | 'environments' | 'sensitive'>;

export interface Pulled {
  /** The new text of the file. */
  readonly text: string;
  readonly added: readonly string[];
  /** Those that the file has already, with or without a value. */
  readonly kept: readonly string[];
}

const HEADER = (app: string, url: string) =>
  `# Variables of ${app} at ${url}. AppFlux never gives values back: fill in those that you need.`;

/**
 * Adds the variables that a file lacks, as comments: a tool that reads the file must not take them for empty values.
 * @param text the file's text; null if there is no file
 * @param environment adds only what this environment gets; null adds all
 */
export function withNames(
  text: string | null,
  variables: readonly Variable[],
  { app, url, environment }: { app: string; url: string; environment: Environment | null },
): Pulled {
  const before = text ?? '';
  const wanted = variables.filter(
    ({ environments }) => environment === null || environments.includes(environment),
  );
  const known = namesIn(before);
  const missing = wanted.filter(({ name }) => !known.has(name));
  const kept = wanted.filter(({ name }) => known.has(name)).map(({ name }) => name);
  if (missing.length === 0) return { text: before, added: [], kept };
  const end = before.includes('\r\n') ? '\r\n' : '\n';
  const lines = missing.flatMap((variable) => [`# ${aboutOf(variable)}`, `# ${variable.name}=`]);
  const separated = before === '' || before.endsWith('\n') ? before : before + end;
  const header = before.includes(HEADER(app, url)) ? [] : [HEADER(app, url)];
  const gap = separated === '' || header.length === 0 ? '' : end;
  return {
    text: separated + gap + [...header, ...lines].map((line) => line + end).join(''),
    added: missing.map(({ name }) => name),
    kept,
  };
}

const aboutOf = ({ environments, sensitive }: Variable): string =>
  [...environments].sort().join(', ') + (sensitive === true ? '; sensitive' : '');

/** The names that a file sets, or has commented out. */
function namesIn(text: string): ReadonlySet<string> {
  const names = text.matchAll(/^[ \t]*(?:#[ \t]*)?(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=/gm);
  return new Set([...names].map(([, name = '']) => name));
}
