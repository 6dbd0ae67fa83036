/** The command line. */
import { Command } from 'commander';
import { type RawSettings, readSettings } from '../config/read-settings.ts';
import { type CommandName, FLAGS, type Settings } from '../config/settings.ts';
import { doctor } from '../doctor/doctor.ts';
import { createJournal } from '../journal.ts';
import { register } from '../register/register.ts';
import { launchRunner, mayBeReplaced } from '../start/launch-runner.ts';
import { start } from '../start/start.ts';
import { VERSION } from '../version.ts';

interface CommandSpec {
  readonly about: string;
  /** Runs the command. Gives the exit code. */
  readonly run: (settings: Settings) => Promise<number>;
}

const COMMANDS: Readonly<Record<CommandName, CommandSpec>> = {
  register: {
    about: 'register this host as a runner of an AppFlux instance',
    run: async (settings) => {
      const { name, url } = await register(settings);
      process.stdout.write(
        `The runner ${name} is registered at ${url}. Start it with: appflux-runner start\n`,
      );
      return 0;
    },
  },
  start: {
    about: 'start building',
    run: async (settings) => {
      const journal = createJournal();
      if (mayBeReplaced(settings, process.env)) return launchRunner(settings, journal);
      await start(settings, journal);
      return 0;
    },
  },
  doctor: {
    about: 'check whether this host can build, and report problems',
    run: (settings) => doctor(settings, process.stdout),
  },
};

/** The program with all its commands. Their flags are derived from the settings, so that none can be forgotten. */
export function createProgram(): Command {
  const program = new Command('appflux-runner')
    .description('Builds apps for an AppFlux instance, each in a disposable container')
    .version(VERSION)
    .showHelpAfterError();
  for (const [name, { about, run }] of Object.entries(COMMANDS)) {
    const command = program.command(name).description(about);
    for (const { flag, commands, env, help } of Object.values(FLAGS)) {
      if ((commands as readonly string[]).includes(name)) command.option(flag, `${help} [${env}]`);
    }
    command.action(async (flags: RawSettings) => {
      process.exitCode = await run(await readSettings(flags, process.env));
    });
  }
  return program;
}
