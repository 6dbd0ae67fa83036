/** A command of the table in commands/index.ts. */
import type { Command } from 'commander';
import type { Context } from './context.ts';

export interface CommandSpec {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Adds arguments, options and the action. */
  readonly define: (command: Command, context: Context) => void;
}

/** The option that most commands have. */
export const JSON_OPTION = ['--json', 'print the record of the API as JSON, and nothing else'] as const;

export interface JsonFlag {
  readonly json?: true;
}
