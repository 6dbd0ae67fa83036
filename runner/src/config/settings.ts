/**
 * What can be set, in one place: each setting has a flag, an environment variable and a key in the file
 * `config.json` of the state folder, and they win in this order.
 */
import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { ExecutorKind, RunnerLabel, RunnerName, Slots } from '@appflux/protocol';
import { z } from 'zod';
import { ScannerAddressText } from './clamd-address.ts';
import { bytes, commaSeparated, number, off, onOff } from './values.ts';

/** How a build reaches the package hosts: only through the runner's proxy, freely, or not at all. */
export const NetworkMode = z.enum(['proxy', 'bridge', 'none']);
export type NetworkMode = z.infer<typeof NetworkMode>;

/** Whether pictures of published sites are taken: if the image for it is there or can be made, or never. */
export const PicturesSetting = z.enum(['auto', 'off']);

/** Whether what cannot be scanned for malware is built (docs/malware-scan.md). */
export const ScanSetting = z.enum(['required', 'optional', 'off']);

export const Settings = z.strictObject({
  state: z
    .string()
    .min(1)
    .default(join(homedir(), '.appflux-runner'))
    .transform((path) => resolve(path)),
  url: z.url({ protocol: /^https?$/, error: 'The URL must begin with http:// or https://' }).optional(),
  publicUrl: z.url({ protocol: /^https?$/, error: 'The URL must begin with http:// or https://' }).optional(),
  token: z.string().min(1).max(200).optional(),
  name: RunnerName.default(defaultName(hostname())),
  labels: commaSeparated(RunnerLabel).pipe(z.array(RunnerLabel).max(20)).optional(),
  slots: number(Slots).optional(),
  replace: onOff.default(false),
  ephemeral: onOff.default(false),
  selfUpdate: onOff.default(false),
  selfUpdateWithin: number(z.number().nonnegative().max(86_400)).default(900),
  drain: number(z.number().nonnegative()).default(0),
  executor: ExecutorKind.default('docker'),
  allowPrivateSources: onOff.default(false),
  network: NetworkMode.default('proxy'),
  allowHosts: commaSeparated(z.string().min(1)).default([]),
  denyHosts: commaSeparated(z.string().min(1)).default([]),
  allowAddresses: commaSeparated(z.string().min(1)).default([]),
  runtime: z.string().min(1).max(60).optional(),
  scan: ScanSetting.default('optional'),
  clamd: ScannerAddressText.optional(),
  images: commaSeparated(z.string().min(1)).default(['appflux/*']),
  imageCommand: z.string().min(1).optional(),
  pictures: PicturesSetting.default('auto'),
  prepared: number(z.int().min(0).max(100)).optional(),
  maxMemory: bytes.optional(),
  maxCpus: number(z.number().positive()).optional(),
  maxPids: number(z.int().positive()).optional(),
  maxDisk: bytes.optional(),
  maxTimeout: number(z.number().positive()).optional(),
  keepFree: bytes.default(1024 ** 3),
  minFree: z.union([off, bytes]).optional(),
  cacheSize: z.union([off, bytes]).default(20 * 1024 ** 3),
});
export type Settings = z.infer<typeof Settings>;
export type SettingName = keyof Settings;
export type CommandName = 'register' | 'start' | 'doctor';

interface Flag {
  /** As commander writes it. */
  readonly flag: string;
  readonly env: string;
  readonly commands: readonly CommandName[];
  readonly help: string;
}

const BUILDING: readonly CommandName[] = ['start', 'doctor'];

/** How each setting is given. */
export const FLAGS: Readonly<Record<SettingName, Flag>> = {
  state: {
    flag: '--state <folder>',
    env: 'APPFLUX_RUNNER_STATE',
    commands: ['register', 'start', 'doctor'],
    help: 'folder for this runner’s credential and workspaces (default: ~/.appflux-runner)',
  },
  url: {
    flag: '--url <url>',
    env: 'APPFLUX_RUNNER_URL',
    commands: ['register', 'start'],
    help: 'URL of the AppFlux instance. On start: where to register if there is no registration yet',
  },
  publicUrl: {
    flag: '--public-url <url>',
    env: 'APPFLUX_RUNNER_PUBLIC_URL',
    commands: ['start'],
    help: 'public base URL of the instance, if this runner reaches it at a different URL (default: the URL that it registered at)',
  },
  token: {
    flag: '--token <token>',
    env: 'APPFLUX_RUNNER_TOKEN',
    commands: ['register', 'start'],
    help: 'registration token, from the dashboard under Runners. On start: used if there is no registration yet',
  },
  name: {
    flag: '--name <name>',
    env: 'APPFLUX_RUNNER_NAME',
    commands: ['register', 'start'],
    help: 'name to register with (default: the hostname)',
  },
  labels: {
    flag: '--labels <labels>',
    env: 'APPFLUX_RUNNER_LABELS',
    commands: ['register', 'start'],
    help: 'labels that apps can request, separated by commas. On start: which of the registered labels to use (default: all)',
  },
  slots: {
    flag: '--slots <number>',
    env: 'APPFLUX_RUNNER_SLOTS',
    commands: ['register', 'start'],
    help: 'number of simultaneous builds (default: 1). On start: at most the registered number',
  },
  replace: {
    flag: '--replace',
    env: 'APPFLUX_RUNNER_REPLACE',
    commands: ['register'],
    help: 'replace the registration in the state folder',
  },
  ephemeral: {
    flag: '--ephemeral',
    env: 'APPFLUX_RUNNER_EPHEMERAL',
    commands: ['register', 'start'],
    help: 'build once, then remove this registration and end',
  },
  selfUpdate: {
    flag: '--self-update',
    env: 'APPFLUX_RUNNER_SELF_UPDATE',
    commands: ['start'],
    help: 'between builds, install the version of the runner that the instance serves, and go back if it doesn’t work',
  },
  selfUpdateWithin: {
    flag: '--self-update-within <seconds>',
    env: 'APPFLUX_RUNNER_SELF_UPDATE_WITHIN',
    commands: ['start'],
    help: 'the update begins at a random time within so many seconds, so that a fleet doesn’t stop building at one time (default: 900)',
  },
  drain: {
    flag: '--drain <seconds>',
    env: 'APPFLUX_RUNNER_DRAIN',
    commands: ['start'],
    help: 'how long running builds can take to end after a signal to stop (default: 0, they return to the queue)',
  },
  executor: {
    flag: '--executor <kind>',
    env: 'APPFLUX_RUNNER_EXECUTOR',
    commands: ['register', ...BUILDING],
    help: 'where builds run: in a container (docker), or on this host as this user, without a sandbox and for your own code only (host) (default: docker)',
  },
  allowPrivateSources: {
    flag: '--allow-private-sources',
    env: 'APPFLUX_ALLOW_PRIVATE_SOURCES',
    commands: BUILDING,
    help: 'allow cloning from private and loopback addresses, and over plain http',
  },
  network: {
    flag: '--network <mode>',
    env: 'APPFLUX_RUNNER_NETWORK',
    commands: BUILDING,
    help: 'network of builds: allowed hosts through the runner’s proxy (proxy), everything (bridge) or nothing (none) (default: proxy)',
  },
  allowHosts: {
    flag: '--allow-hosts <hosts>',
    env: 'APPFLUX_RUNNER_ALLOW_HOSTS',
    commands: BUILDING,
    help: 'additional hosts that builds can reach, such as example.org,*.example.net:8443',
  },
  denyHosts: {
    flag: '--deny-hosts <hosts>',
    env: 'APPFLUX_RUNNER_DENY_HOSTS',
    commands: BUILDING,
    help: 'hosts that builds can’t reach, even if their image allows them',
  },
  allowAddresses: {
    flag: '--allow-addresses <ranges>',
    env: 'APPFLUX_RUNNER_ALLOW_ADDRESSES',
    commands: BUILDING,
    help: 'private address ranges that allowed hosts can resolve to, such as 10.1.2.0/24',
  },
  runtime: {
    flag: '--runtime <name>',
    env: 'APPFLUX_RUNNER_RUNTIME',
    commands: BUILDING,
    help: "container runtime, such as runsc for gVisor (default: the engine's)",
  },
  scan: {
    flag: '--scan <policy>',
    env: 'APPFLUX_RUNNER_SCAN',
    commands: BUILDING,
    help: 'malware scan of sources and artifacts: required to build (required), if available (optional) or never (off) (default: optional)',
  },
  clamd: {
    flag: '--clamd <address>',
    env: 'APPFLUX_RUNNER_CLAMD',
    commands: BUILDING,
    help: 'address of clamd: a socket path, tcp://host:port, or managed to let the runner start its own (default: an existing socket, else managed)',
  },
  images: {
    flag: '--images <patterns>',
    env: 'APPFLUX_RUNNER_IMAGES',
    commands: BUILDING,
    help: 'builder images that builds can use, separated by commas; * matches any characters (default: appflux/*)',
  },
  imageCommand: {
    flag: '--image-command <command>',
    env: 'APPFLUX_RUNNER_IMAGE_COMMAND',
    commands: BUILDING,
    help: 'program that builds a missing builder image; the kind (web, android, ...) is its last argument',
  },
  pictures: {
    flag: '--pictures <mode>',
    env: 'APPFLUX_RUNNER_PICTURES',
    commands: ['start'],
    help: 'pictures of published sites, taken while nothing is built: if the image appflux/pictures-builder is there or can be built (auto), or never (off) (default: auto)',
  },
  prepared: {
    flag: '--prepared <number>',
    env: 'APPFLUX_RUNNER_PREPARED',
    commands: ['start'],
    help: 'sandboxes that wait for builds, at most one per slot; 0 for none (default: 1 where possible)',
  },
  maxMemory: {
    flag: '--max-memory <bytes>',
    env: 'APPFLUX_RUNNER_MAX_MEMORY',
    commands: BUILDING,
    help: 'memory limit per build, such as 4g',
  },
  maxCpus: {
    flag: '--max-cpus <number>',
    env: 'APPFLUX_RUNNER_MAX_CPUS',
    commands: BUILDING,
    help: 'CPU limit per build',
  },
  maxPids: {
    flag: '--max-pids <number>',
    env: 'APPFLUX_RUNNER_MAX_PIDS',
    commands: BUILDING,
    help: 'limit of processes and threads per build',
  },
  maxDisk: {
    flag: '--max-disk <bytes>',
    env: 'APPFLUX_RUNNER_MAX_DISK',
    commands: BUILDING,
    help: 'disk limit per build, such as 10g',
  },
  maxTimeout: {
    flag: '--max-timeout <seconds>',
    env: 'APPFLUX_RUNNER_MAX_TIMEOUT',
    commands: BUILDING,
    help: 'time limit per attempt',
  },
  keepFree: {
    flag: '--keep-free <bytes>',
    env: 'APPFLUX_RUNNER_KEEP_FREE',
    commands: BUILDING,
    help: 'disk space that stays free on the host (default: 1g)',
  },
  minFree: {
    flag: '--min-free <bytes>',
    env: 'APPFLUX_RUNNER_MIN_FREE',
    commands: BUILDING,
    help: 'free disk space below which this runner takes no builds; off for none (default: 5 % of the disk, 2g to 10g)',
  },
  cacheSize: {
    flag: '--cache-size <bytes>',
    env: 'APPFLUX_RUNNER_CACHE_SIZE',
    commands: BUILDING,
    help: 'disk space for build caches; off disables caching (default: 20g)',
  },
};

/** A host's name as a runner's name. */
export function defaultName(host: string): string {
  const name = host
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 60);
  return name === '' ? 'runner' : name;
}
