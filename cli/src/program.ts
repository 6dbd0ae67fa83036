/** The command line: every command with its arguments and options. */
import { Command, CommanderError } from 'commander';
import { COMMANDS } from './commands/index.ts';
import type { Context } from './context.ts';
import { EXIT } from './exit.ts';
import { VERSION } from './version.ts';

const AFTER_HELP = `
Sign in with "appflux login", or set APPFLUX_URL and APPFLUX_TOKEN, as in CI.

Exit codes: 0 success, 1 the deployment failed or was canceled, 2 invalid command line,
3 not signed in or not allowed, 4 the instance can't be reached.`;

/** The program with all its commands. It throws CommanderErrors and never ends the process. */
export function createProgram(context: Context): Command {
  const { output } = context;
  const program = new Command('appflux')
    .description('Deploys to an AppFlux instance.')
    .version(VERSION, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .addHelpText('after', AFTER_HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.result(text.replace(/\n$/, '')),
      writeErr: (text) => output.note(text.replace(/\n$/, '')),
      getOutHelpWidth: () => Math.min(output.columns, 120),
      getErrHelpWidth: () => Math.min(output.columns, 120),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const { name, summary, define } of COMMANDS) {
    const command = program.command(name).summary(summary).description(`${summary}.`);
    define(command, context);
  }
  return program;
}

/** Runs a command line. @throws what the command throws */
export async function run(context: Context, args: readonly string[]): Promise<void> {
  const program = createProgram(context);
  if (args.length === 0) {
    program.outputHelp();
    return;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has printed the message, and the nearest name that there is.
    context.exit = error.exitCode === 0 ? EXIT.success : EXIT.usage;
  }
}
