/** The files that make an instance a service of systemd, as text. Pure. */
import { CONTROL_PLANE_VARIABLES } from '../settings.ts';

/** Where things are and who runs them. Paths are absolute. */
export interface ServiceOptions {
  /** The checkout. */
  readonly root: string;
  /** The program of Node. */
  readonly node: string;
  /** It listens on a port below 1024, for which it needs a capability. */
  readonly lowPorts: boolean;
  /** Whether builds run on this machine. */
  readonly runner: boolean;
}

export const INSTANCE_USER = 'appflux';
export const RUNNER_USER = 'appflux-runner';
/** The group that may use the engine's socket, in the packages of Docker and Debian. */
const ENGINE_GROUP = 'docker';

export const INSTANCE_UNIT = 'appflux.service';
export const RUNNER_UNIT = 'appflux-runner.service';
export const ENVIRONMENT_FILE = '/etc/appflux/environment';
/** What systemd creates below /var/lib, for the user of the unit only (StateDirectory= in systemd.exec(5)). */
export const INSTANCE_STATE = '/var/lib/appflux';
export const RUNNER_STATE = '/var/lib/appflux-runner';

/**
 * What both services bear. Not among them: MemoryDenyWriteExecute, because V8 compiles at run time.
 * systemd.exec(5) describes each.
 */
const HARDENING = [
  'NoNewPrivileges=yes',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectProc=invisible',
  'ProtectClock=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'ProtectControlGroups=yes',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  'LockPersonality=yes',
  'KeyringMode=private',
  'RemoveIPC=yes',
  'SystemCallArchitectures=native',
  // @pkey: V8 protects its code by memory keys.
  'SystemCallFilter=@system-service @pkey',
  'SystemCallErrorNumber=EPERM',
];

/** A word of a command line or an assignment, quoted by the rules of systemd.syntax(7) and systemd.service(5). */
export const quoted = (word: string): string =>
  `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;

/** A path in a setting that takes one path, in which only specifiers are expanded. */
const path = (text: string): string => text.replaceAll('%', '%%');

/** The control plane, with the proxy where TLS is ended here: `npm start` without runners. */
export function instanceUnit({ root, node, lowPorts }: ServiceOptions): string {
  const capabilities = lowPorts ? 'CAP_NET_BIND_SERVICE' : '';
  return text([
    '[Unit]',
    'Description=AppFlux',
    `Documentation=file:${path(`${root}/docs/self-hosting.md`)}`,
    'Wants=network-online.target',
    'After=network-online.target nss-lookup.target',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    `User=${INSTANCE_USER}`,
    `WorkingDirectory=${path(root)}`,
    `EnvironmentFile=${path(ENVIRONMENT_FILE)}`,
    `ExecStart=/usr/bin/env APPFLUX_STATE=${INSTANCE_STATE} APPFLUX_RUNNERS=0 ${quoted(node)} ${quoted(`${root}/stack/start.ts`)}`,
    'Restart=on-failure',
    'RestartSec=5',
    '# It ends its children in order; what is left after that is killed.',
    'KillMode=mixed',
    'TimeoutStopSec=60',
    'SyslogIdentifier=appflux',
    '',
    'StateDirectory=appflux',
    'StateDirectoryMode=0700',
    '# The bundler writes there; the checkout itself is read-only.',
    `TemporaryFileSystem="${path(`${root}/.wrangler`)}:mode=1777"`,
    ...HARDENING,
    'UMask=0077',
    // In a user namespace of its own, a capability wouldn't count for the host's ports.
    ...(lowPorts ? [] : ['PrivateUsers=yes']),
    `CapabilityBoundingSet=${capabilities}`,
    `AmbientCapabilities=${capabilities}`,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ]);
}

/**
 * The runner. It may use the engine, which is as good as being root; so the control plane has another user, and the
 * runner gets none of its secrets: a step that runs as root registers it.
 */
export function runnerUnit({ root, node }: ServiceOptions): string {
  const script = (name: string) => `${quoted(node)} ${quoted(`${root}/stack/service/${name}`)}`;
  return text([
    '[Unit]',
    'Description=AppFlux runner',
    `Documentation=file:${path(`${root}/docs/self-hosting.md`)}`,
    `Wants=docker.service ${INSTANCE_UNIT}`,
    `After=docker.service ${INSTANCE_UNIT}`,
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    `User=${RUNNER_USER}`,
    `SupplementaryGroups=${ENGINE_GROUP}`,
    `WorkingDirectory=${path(root)}`,
    `EnvironmentFile=${path(ENVIRONMENT_FILE)}`,
    `UnsetEnvironment=${CONTROL_PLANE_VARIABLES.join(' ')}`,
    `ExecStartPre=+${script('register-runner.ts')}`,
    `ExecStart=${script('run-runner.ts')}`,
    '# The control plane may still be starting.',
    'TimeoutStartSec=10min',
    'Restart=on-failure',
    'RestartSec=10',
    'KillMode=mixed',
    'TimeoutStopSec=60',
    'SyslogIdentifier=appflux-runner',
    '',
    'StateDirectory=appflux-runner',
    'StateDirectoryMode=0700',
    ...HARDENING,
    'CapabilityBoundingSet=',
    'AmbientCapabilities=',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ]);
}

/** The system users, for systemd-sysusers (sysusers.d(5)). */
export function sysusers({ runner }: Pick<ServiceOptions, 'runner'>): string {
  return text([
    `u ${INSTANCE_USER} - "AppFlux" ${INSTANCE_STATE}`,
    ...(runner
      ? [`u ${RUNNER_USER} - "AppFlux runner" ${RUNNER_STATE}`, `m ${RUNNER_USER} ${ENGINE_GROUP}`]
      : []),
  ]);
}

/** Rotation of the log files in the state folder, for logrotate(8): they are open in append mode. */
export function logrotate(): string {
  return text([
    `${INSTANCE_STATE}/logs/*.log {`,
    `  su ${INSTANCE_USER} ${INSTANCE_USER}`,
    '  weekly',
    '  maxsize 100M',
    '  rotate 8',
    '  compress',
    '  delaycompress',
    '  missingok',
    '  notifempty',
    '  copytruncate',
    '}',
  ]);
}

const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
