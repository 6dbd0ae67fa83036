/** The configuration of a person: the instances that they are signed in to. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from './json-file.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const SignedIn = z.object({
  token: z.string().min(1),
  /** The id of the token if `appflux login` made it: then `appflux logout` revokes it. */
  tokenId: z.string().optional(),
});
export type SignedIn = z.infer<typeof SignedIn>;

export const Config = z.object({
  /** The instance that commands use unless something else names one. */
  current: z.string().nullable().default(null),
  /** By the URL of the instance. */
  instances: z.record(z.string(), SignedIn).default({}),
});
export type Config = z.infer<typeof Config>;

/**
 * Where the configuration is: `$XDG_CONFIG_HOME/appflux` (XDG Base Directory Specification), `~/.config/appflux`, and
 * `%APPDATA%\appflux` on Windows.
 */
export function configPath(env: Environment, platform = process.platform): string {
  const xdg = env.XDG_CONFIG_HOME;
  const appData = env.APPDATA;
  const home = env.HOME || homedir();
  const folder =
    xdg !== undefined && xdg !== ''
      ? xdg
      : platform === 'win32' && appData !== undefined && appData !== ''
        ? appData
        : join(home, '.config');
  return join(folder, 'appflux', 'config.json');
}

/** @throws CliProblem `usage` if the file is damaged */
export const readConfig = async (path: string): Promise<Config> =>
  (await readJson(Config, path)) ?? { current: null, instances: {} };

/** Only its owner can read it: it has tokens. */
export const writeConfig = (path: string, config: Config): Promise<void> =>
  writeJson(path, config, { file: 0o600, folder: 0o700 });

/** The configuration after signing in to an instance, which becomes the current one. */
export const withInstance = (config: Config, url: string, signedIn: SignedIn): Config => ({
  current: url,
  instances: { ...config.instances, [url]: signedIn },
});

/** The configuration after signing out of an instance. */
export function withoutInstance(config: Config, url: string): Config {
  const { [url]: _removed, ...instances } = config.instances;
  return {
    current: config.current === url ? (Object.keys(instances)[0] ?? null) : config.current,
    instances,
  };
}
