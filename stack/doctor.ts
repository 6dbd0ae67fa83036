/**
 * `npm run doctor`: checks whether an instance can run here, or what is wrong with the one that does. It changes
 * nothing. `-- --environment FILE` reads settings from a file, such as that of the service.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs, parseEnv } from 'node:util';
import { readSettings as readRunnerSettings } from '../runner/src/config/read-settings.ts';
import { type Finding, findingText } from '../runner/src/doctor/checks.ts';
import { buildFindings } from '../runner/src/doctor/doctor.ts';
import { addressesOf } from './addresses/addresses.ts';
import { ROOT, runCommand } from './command.ts';
import { findingOf, lookAtNames, lookAtPorts, lookAtState, lookAtTls } from './doctor/look-at-instance.ts';
import {
  lookAtClock,
  lookAtDisks,
  lookAtMemory,
  lookAtServers,
  lookAtVersions,
  lookForEngine,
} from './doctor/look-at-machine.ts';
import { findEngine } from './engine/find.ts';
import { engineFolderOf } from './engine/folder.ts';
import { checkPlatform } from './preconditions.ts';
import { isStackProblem, messageOf, StackProblem } from './problem.ts';
import { runnerCommand, runnerNames } from './runners.ts';
import { readSettings, type Settings, stateFolder, withoutSecrets } from './settings.ts';
import { isLocked } from './state.ts';
import { unknownVariables } from './unknown-variables.ts';

/** The settings of a start with this environment, or the finding that says why there can be none. */
function settingsOf(env: NodeJS.ProcessEnv): Settings | Finding {
  try {
    return readSettings(env, ROOT);
  } catch (error) {
    if (isStackProblem(error)) return findingOf(error);
    throw error;
  }
}

async function* findings(env: NodeJS.ProcessEnv): AsyncGenerator<readonly Finding[]> {
  const advice = 'Correct its name, or remove it';
  yield unknownVariables(env).map((text) => ({ level: 'weak', text, advice }));
  yield [await lookAtVersions(ROOT), await lookAtMemory()];
  const settings = settingsOf(env);
  const state = stateFolder(env, ROOT);
  yield [await lookAtClock(state, ROOT)];
  if ('level' in settings) {
    yield [settings];
  } else {
    const addresses = addressesOf(settings);
    const running = await isLocked(state);
    yield [{ level: 'ok', text: running ? 'The instance is running' : 'The instance is not running' }];
    yield await lookAtPorts(addresses, running);
    yield [await lookAtServers(settings, running)];
    yield await lookAtNames(addresses);
    yield await lookAtTls(addresses, state);
  }
  yield await lookAtState(state);
  yield* lookAtBuilds(settings, state, env);
}

/** Disks, the engine, and what the runners' own doctor checks. */
async function* lookAtBuilds(
  settings: Settings | Finding,
  state: string,
  env: NodeJS.ProcessEnv,
): AsyncGenerator<readonly Finding[]> {
  // Only runners use an engine.
  if (!('level' in settings) && settings.runners === 0) {
    yield await lookAtDisks(state, null);
    return;
  }
  const search = await findEngine(env);
  const folder = search.found ? await engineFolderOf(search.engine, search.address.name) : null;
  yield await lookAtDisks(state, folder);
  if (!search.found) {
    yield [await lookForEngine(search)];
    return;
  }
  if ('level' in settings) return;
  const [name] = runnerNames(settings.runners);
  if (name === undefined) return;
  const runner = runnerCommand(settings, name, withoutSecrets(env));
  yield* buildFindings(await readRunnerSettings({ state: runner.state }, runner.env), search.engine);
}

/** The file of `--environment`. Node takes an `--env-file` for itself, even behind the script's name. */
function environmentFile(args: string[]): string | undefined {
  try {
    return parseArgs({ args, options: { environment: { type: 'string' } } }).values.environment;
  } catch (error) {
    throw new StackProblem('arguments_invalid', messageOf(error), 'the only option is --environment FILE', {
      cause: error,
    });
  }
}

/** The environment, with the variables of a file before its own. */
async function environment(): Promise<NodeJS.ProcessEnv> {
  const file = environmentFile(process.argv.slice(2));
  if (file === undefined) return process.env;
  try {
    const read = parseEnv(await readFile(file, 'utf8'));
    // Modules of the runner read DOCKER_HOST and proxies themselves.
    Object.assign(process.env, read);
    return process.env;
  } catch (error) {
    throw new StackProblem(
      'arguments_invalid',
      `${file} can't be read (${messageOf(error)})`,
      'name a file with lines NAME=value that this user can read',
      { cause: error },
    );
  }
}

await runCommand(async () => {
  checkPlatform(process.platform);
  const count = { ok: 0, weak: 0, bad: 0 };
  for await (const found of findings(await environment())) {
    for (const finding of found) {
      process.stdout.write(findingText(finding));
      count[finding.level] += 1;
    }
  }
  process.stdout.write(
    count.bad > 0
      ? `\n${count.bad} to fix, ${count.weak} to improve.\n`
      : `\nAppFlux can run here. ${count.weak} to improve.\n`,
  );
  return count.bad > 0 ? 1 : 0;
});
