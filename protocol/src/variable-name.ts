/** Names that an app's variables and files can have. */
import { VariableName } from './ids.ts';

/**
 * Names that builds depend on: where the shell finds programs and how it splits words, what the dynamic linker and the
 * shell load into every program, and what Perl, which starts builds, loads. A build with one of them fails before its
 * first command, or not where the name would suggest.
 */
export const RESERVED_VARIABLES: readonly string[] = [
  'PATH',
  'IFS',
  'LD_PRELOAD',
  'LD_AUDIT',
  'BASH_ENV',
  'BASHOPTS',
  'SHELLOPTS',
  'PERL5LIB',
  'PERL5OPT',
];

/** The beginning of the names of variables that AppFlux sets. */
const PLATFORM = 'APPFLUX_';

/** Whether a name is kept for the system or for AppFlux. */
export const isReservedVariable = (name: string): boolean =>
  name.startsWith(PLATFORM) || RESERVED_VARIABLES.includes(name);

/** The name of a variable or file that is set now; earlier versions accepted every `VariableName`. */
export const SettableVariableName = VariableName.refine((name) => !isReservedVariable(name), {
  message:
    'This name is reserved. Reserved are PATH, IFS, LD_PRELOAD, LD_AUDIT, BASH_ENV, BASHOPTS, SHELLOPTS, PERL5LIB, PERL5OPT, and names that begin with APPFLUX_',
});
