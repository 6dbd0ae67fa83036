/** Settings from flags, environment and file. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RunnerProblem } from '../problem.ts';
import { FLAGS, type SettingName, Settings } from './settings.ts';

export type RawSettings = Readonly<Partial<Record<string, unknown>>>;

/** The file in the state folder that may hold settings. */
export const CONFIG_FILE = 'config.json';

/** The file's setting that would say where the file is. */
const NOT_IN_FILE: readonly SettingName[] = ['state', 'token', 'replace'];

/**
 * Merges settings: a flag wins over the environment, the environment over the file. Pure.
 * @throws RunnerProblem naming every setting that is wrong, in the way in which it was given
 */
export function mergeSettings(flags: RawSettings, env: NodeJS.ProcessEnv, file: RawSettings): Settings {
  const values: Record<string, unknown> = {};
  const origin: Record<string, string> = {};
  const take = (name: string, value: unknown, from: string) => {
    if (value === undefined || value === '') return;
    values[name] = value;
    origin[name] = from;
  };
  for (const [name, value] of Object.entries(file)) {
    if (NOT_IN_FILE.includes(name as SettingName)) {
      throw new RunnerProblem(`${CONFIG_FILE} cannot set ${name}`, `Remove ${name} from ${CONFIG_FILE}`);
    }
    take(name, value, `${name} in ${CONFIG_FILE}`);
  }
  for (const [name, { env: variable }] of Object.entries(FLAGS)) take(name, env[variable], variable);
  for (const [name, value] of Object.entries(flags)) {
    take(name, value, FLAGS[name as SettingName]?.flag.replace(/ .*/, '') ?? name);
  }
  const parsed = Settings.safeParse(values);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') return `${CONFIG_FILE}: unknown setting ${issue.keys.join(', ')}`;
    return `${origin[String(issue.path[0])]}: ${issue.message}`;
  });
  throw new RunnerProblem(wrong.join('; '), 'Correct it and start again');
}

/** Reads the settings of one command. Unset flags are undefined. */
export async function readSettings(flags: RawSettings, env: NodeJS.ProcessEnv): Promise<Settings> {
  // Only flag and environment can say where the file lies.
  const { state } = mergeSettings({ state: flags.state }, { [FLAGS.state.env]: env[FLAGS.state.env] }, {});
  return mergeSettings(flags, env, await readConfigFile(resolve(state)));
}

async function readConfigFile(state: string): Promise<RawSettings> {
  let text: string;
  try {
    text = await readFile(join(state, CONFIG_FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new RunnerProblem(
      `${CONFIG_FILE} cannot be read`,
      'Give this user read access to the state folder',
      error,
    );
  }
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Error('not an object');
    return value as RawSettings;
  } catch (error) {
    throw new RunnerProblem(`${CONFIG_FILE} is not a JSON object`, 'Correct it and start again', error);
  }
}
