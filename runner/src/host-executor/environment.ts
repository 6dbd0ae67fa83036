/** The host's environment variables that a build without a sandbox inherits. Pure. */

/**
 * Variables of the runner that say where the host has something, or how its people write. No others: those of a person or
 * a service manager can hold passwords (proxies, tokens of registries).
 */
const INHERITED: readonly string[] = [
  'PATH',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'USER',
  'LOGNAME',
  'DEVELOPER_DIR',
  'JAVA_HOME',
  'ANDROID_HOME',
  'RUSTUP_HOME',
];

/** Picks what a build gets from the runner's own environment. */
export function inherited(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
