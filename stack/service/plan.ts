/** What `npm run service` writes, and where it can't. Pure. */
import { StackProblem } from '../problem.ts';
import { BACKUP_SECRETS, START_VARIABLES } from '../settings.ts';
import {
  ENVIRONMENT_FILE,
  INSTANCE_STATE,
  INSTANCE_UNIT,
  instanceUnit,
  logrotate,
  RUNNER_UNIT,
  runnerUnit,
  type ServiceOptions,
  sysusers,
} from './units.ts';

/** Variables of other programs that count for an instance, too. */
const FOREIGN = ['DOCKER_HOST', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS'];

/** Fixed by the units. */
const BY_UNITS = ['APPFLUX_RUNNERS'];

/** Below these, files are hidden from the services (ProtectHome=, PrivateTmp=) or only root may read them. */
const HIDDEN = ['/home', '/root', '/run/user', '/tmp', '/var/tmp'];

/**
 * Checks that the services can read what they run.
 * @throws StackProblem `service_failed`
 */
export function checkPlaces({ root, node }: Pick<ServiceOptions, 'root' | 'node'>): void {
  // In settings that take a path, systemd has no escapes for these, and none at all for control characters.
  if (/[\p{Cc}"'\\\s:]/u.test(`${root}${node}`)) {
    throw new StackProblem(
      'service_failed',
      `The path ${JSON.stringify(root)} has characters that a systemd unit can't take`,
      'move the checkout to a path without spaces, colons and quotes, such as /opt/appflux',
    );
  }
  for (const place of [root, node]) {
    if (!HIDDEN.some((folder) => place === folder || place.startsWith(`${folder}/`))) continue;
    throw new StackProblem(
      'service_failed',
      `A system user can't read ${place}`,
      'move the checkout to another place, such as /opt/appflux, and run this there',
    );
  }
}

/**
 * The environment file of the services, from the variables of an environment that mean something to AppFlux.
 * @throws StackProblem `settings_invalid` for a value with a line break
 */
export function environmentFile(env: NodeJS.ProcessEnv): string {
  const names = [...START_VARIABLES, ...BACKUP_SECRETS, ...FOREIGN, ...runnerVariables(env)];
  const lines = [...new Set(names)]
    .filter((name) => !BY_UNITS.includes(name))
    .flatMap((name) => {
      const value = env[name];
      return value ? [`${name}=${environmentValue(name, value)}`] : [];
    });
  return `${[
    '# Settings of AppFlux: NAME=value, as in docs/configuration.md. They may be secret: for root only.',
    '# After a change: npm run service -- install',
    `APPFLUX_STATE=${INSTANCE_STATE}`,
    ...lines,
  ].join('\n')}\n`;
}

/** Settings of the runner itself, such as APPFLUX_RUNNER_MAX_MEMORY. */
const runnerVariables = (env: NodeJS.ProcessEnv): string[] =>
  Object.keys(env).filter((name) => /^APPFLUX_(?:RUNNER_|ANDROID_IMAGE$|FLUTTER_IMAGE$)/.test(name));

/** A value as both systemd (systemd.exec(5), EnvironmentFile=) and Node's `parseEnv` read it. */
function environmentValue(name: string, value: string): string {
  if (/\p{Cc}/u.test(value)) {
    throw new StackProblem('settings_invalid', `${name} has a line break`, 'use a value in one line');
  }
  if (/^[\w@%+=:,./?&*~-]+$/.test(value)) return value;
  if (!value.includes("'")) return `'${value}'`;
  return `"${value.replaceAll(/["\\`$]/g, '\\$&')}"`;
}

/** A file that an installation writes. */
export interface ServiceFile {
  /** Absolute, below the root folder of the system. */
  readonly path: string;
  readonly mode: number;
  readonly content: string;
  /** The owner of the machine edits it: it is kept if it exists, and never removed. */
  readonly keep: boolean;
}

/** All files of an installation. */
export function serviceFiles(options: ServiceOptions, env: NodeJS.ProcessEnv): ServiceFile[] {
  const file = (path: string, content: string, mode = 0o644, keep = false): ServiceFile => ({
    path,
    mode,
    content,
    keep,
  });
  return [
    file('/etc/sysusers.d/appflux.conf', sysusers(options)),
    file(ENVIRONMENT_FILE, environmentFile(env), 0o600, true),
    file('/etc/logrotate.d/appflux', logrotate()),
    file(`/etc/systemd/system/${INSTANCE_UNIT}`, instanceUnit(options)),
    ...(options.runner ? [file(`/etc/systemd/system/${RUNNER_UNIT}`, runnerUnit(options))] : []),
  ];
}

/** The files that `remove` deletes. */
export const REMOVED_FILES = [
  `/etc/systemd/system/${INSTANCE_UNIT}`,
  `/etc/systemd/system/${RUNNER_UNIT}`,
  '/etc/sysusers.d/appflux.conf',
  '/etc/logrotate.d/appflux',
];
