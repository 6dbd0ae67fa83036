/** Describes the container of a build. Pure. */
import { traceVariables } from '../job/history-trace.ts';
import { buildEnvironment, platformVariables } from '../job/variables.ts';
import { type ContainerInput, inContainer, WORKSPACE } from '../sandbox/container-spec.ts';
import type { CommandRunInput } from './build-input.ts';

export interface DescribedBuild extends CommandRunInput {
  /** Begins the lines by which the image's entry reports its stages. */
  readonly nonce: string;
  readonly openFiles: ContainerInput['openFiles'];
  readonly guard: ContainerInput['guard'];
}

/** The container in which a build's commands run. */
export function containerInput(build: DescribedBuild): ContainerInput {
  const { host, plan, job, attempt, source, folder, limits, surroundings, network } = build;
  const top = folder.workspace.source;
  return {
    image: plan.image,
    runnerId: host.runnerId,
    deploymentId: job.deploymentId,
    attempt,
    source: top,
    workingDir: inContainer(top, source.root),
    environment: environmentOf(build),
    limits,
    openFiles: build.openFiles,
    runtime: host.settings.runtime,
    guard: build.guard,
    network: network.mode,
    mounts: surroundings.mounts,
  };
}

function environmentOf({ job, plan, source, commands, surroundings, nonce }: DescribedBuild) {
  return buildEnvironment({
    defaults: { ...traceVariables(source, WORKSPACE), ...surroundings.suggested },
    app: job.variables,
    sandbox: surroundings.environment,
    platform: {
      ...platformVariables(job, source),
      ...surroundings.entry,
      APPFLUX_MARK: nonce,
      APPFLUX_IGNORE_COMMAND: commands.ignore ?? '',
      APPFLUX_INSTALL_COMMAND: commands.install ?? '',
      APPFLUX_BUILD_COMMAND: commands.build ?? '',
      ...(plan.server !== undefined && { APPFLUX_SERVER: JSON.stringify(plan.server) }),
    },
  });
}
