/** Names from a source, for commands. */
import type { PackageManager } from '@appflux/protocol';
import { runProgram, runScript } from '../package-manager.ts';

/** A path or name that means nothing to a shell. */
const PLAIN = /^[\w@%+:,./-]+$/;

/** A word for a command line: in quotes where it needs them (POSIX, 2.2.2). */
export const shellWord = (word: string): string =>
  PLAIN.test(word) && !word.startsWith('-') ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** Commands of which each needs the one before it to have ended well. */
export const inOrder = (...commands: readonly (string | null)[]): string =>
  commands.filter((command) => command !== null && command !== '').join(' && ');

/** The command that runs a script of package.json with arguments of its own. npm alone asks for a `--` before them. */
export const runScriptWith = (manager: PackageManager, script: string, args: string): string =>
  `${runScript(manager, script)}${manager === 'npm' ? ' --' : ''} ${args}`;

/** The command that runs a program which need not be a dependency; npm's `--yes` skips its prompt. */
export const runAnyProgram = (manager: PackageManager, isInstalled: boolean, command: string): string =>
  isInstalled ? runProgram(manager, command) : `npx --yes ${command}`;
