/** The network of a build: only the runner's proxy, unless the host's owner sets otherwise. */

import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan } from '@appflux/protocol';
import type { Settings } from '../config/settings.ts';
import type { Journal } from '../journal.ts';
import { own } from '../masking/sentence.ts';
import { JobFailure, type PreparedSource, type StepContext } from '../step-context.ts';
import { type AttemptFolder, SOCKET_NAME } from './attempt-folder.ts';
import { NET_MOUNT, netMount } from './container-spec.ts';
import {
  allowedHosts,
  EgressError,
  type PackageManager,
  type RefusalReason,
  readRegistryFacts,
  renderReport,
  startEgress,
} from './egress/index.ts';
import type { Engine } from './engine.ts';
import { imageFacts } from './image-facts.ts';
import type { Surroundings } from './surroundings.ts';

/** Refusals that the runner's list of hosts decides: a failure names these hosts. */
const OF_HOSTS: ReadonlySet<RefusalReason> = new Set([
  'host_not_allowed',
  'port_not_allowed',
  'address_literal',
]);

/** A build's network, as its container needs it. */
export interface BuildNetwork extends Surroundings {
  /** The engine's network. */
  readonly mode: 'bridge' | 'none';
  /** What the build has asked for and may not reach by now, each `host:port`. */
  refusedHosts(): string[];
  /** Closes the proxy. Gives log lines about traffic and refusals. */
  close(): Promise<string[]>;
}

export interface NetworkHost {
  readonly engine: Engine;
  readonly settings: Settings;
  readonly runnerId: string;
  readonly journal: Journal;
}

export interface NetworkInput {
  /** What installs the packages, if anything does. */
  readonly manager: PackageManager | null;
  readonly imageId: string;
  readonly source: PreparedSource;
  readonly folder: AttemptFolder;
}

const closed = async () => [];
const withoutProxy = {
  mounts: [],
  environment: {},
  suggested: {},
  entry: {},
  refusedHosts: (): string[] => [],
  close: closed,
};

/**
 * Opens the network of one build.
 * @throws {JobFailure} when the proxy cannot be started
 */
export async function openNetwork(
  host: NetworkHost,
  input: NetworkInput,
  ctx: StepContext,
): Promise<BuildNetwork> {
  const { network } = host.settings;
  if (network === 'none') {
    ctx.log(own('Builds have no network on this runner.'));
    return { ...withoutProxy, mode: 'none' };
  }
  if (network === 'bridge') {
    ctx.log(own('Builds have unrestricted network access on this runner.'));
    return { ...withoutProxy, mode: 'bridge' };
  }
  return openProxy(host, input, ctx);
}

async function openProxy(host: NetworkHost, input: NetworkInput, ctx: StepContext): Promise<BuildNetwork> {
  const { settings } = host;
  const { manager, imageId, source, folder } = input;
  const facts = await imageFacts(host.engine, host.runnerId, imageId);
  // All that can fail comes before the proxy: once it listens, it is the caller's to close.
  const registryFacts =
    manager === null ? null : await readRegistryFacts(source.root, folder.workspace.source, manager);
  try {
    const egress = await startEgress({
      socketPath: join(folder.net, SOCKET_NAME),
      allow: allowedHosts({
        image: facts.hosts,
        add: settings.allowHosts,
        remove: settings.denyHosts,
        only: null,
      }),
      npmRegistry: facts.npmRegistry,
      allowAddresses: settings.allowAddresses,
      log: ctx.log,
    });
    const suggested = registryFacts === null ? {} : egress.registryEnvironment(registryFacts);
    return {
      mode: 'none',
      mounts: [netMount(folder.net)],
      environment: egress.environment,
      suggested,
      entry: { APPFLUX_EGRESS_SOCKET: `${NET_MOUNT}/${SOCKET_NAME}` },
      refusedHosts: () =>
        egress
          .report()
          .refused.filter(({ reason }) => OF_HOSTS.has(reason))
          .map(({ host }) => host),
      close: async () => {
        await egress.close();
        return renderReport(egress.report());
      },
    };
  } catch (error) {
    if (!(error instanceof EgressError)) throw error;
    host.journal.error('The proxy for a build could not be started', {
      code: error.code,
      error: error.message,
    });
    throw new JobFailure('internal', own('The runner could not start the network proxy of the build'), {
      hint: own('Ask the owner of the runner to run `appflux-runner doctor`.'),
      cause: error,
    });
  }
}

/** The plan's package manager, with Yarn's two kinds told apart. */
export async function managerOf(plan: Plan, root: string): Promise<PackageManager | null> {
  if (plan.packageManager !== 'yarn') return plan.packageManager;
  const berry = plan.installCommand?.includes('--immutable') || (await exists(join(root, '.yarnrc.yml')));
  return berry ? 'yarn-berry' : 'yarn';
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    // If it can't be read for any reason, Yarn 1 is the safe assumption.
    () => false,
  );
}
