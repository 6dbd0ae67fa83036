/** The real steps of a job, bound to one attempt on this host. */

import type { Decision, ManagerVersion } from '@appflux/detection';
import {
  formatElapsed,
  type Job,
  type JobLimits,
  listed,
  type SiteSettings,
  type SourceAccess,
} from '@appflux/protocol';
import { describeError } from '../journal.ts';
import type { AttemptLog } from '../log/attempt-log.ts';
import type { Secrets } from '../masking/secrets.ts';
import type { Mask } from '../masking/sentence.ts';
import { own, say } from '../masking/sentence.ts';
import type { AttemptFolder } from '../sandbox/attempt-folder.ts';
import { forOneJob } from '../scan/one-job.ts';
import { type CollectedArtifact, type FoundDetails, JobFailure, type StepContext } from '../step-context.ts';
import { inSpan } from '../tracing/trace.ts';
import { collectArtifacts } from './collect/index.ts';
import { type Folders, listFolders } from './collect/made-site.ts';
import { iconOf } from './details/icon.ts';
import { readNotes } from './details/notes.ts';
import { detectPlan } from './detect.ts';
import type { JobHost } from './executor.ts';
import { updatePublisher } from './expo/index.ts';
import { warnOfHistory } from './history-trace.ts';
import type { Steps } from './pipeline.ts';
import { prepareSource } from './prepare/index.ts';
import { type FoundLockfile, findLockfiles } from './sbom/find.ts';
import { deliverSbom, type SbomConnection } from './sbom/index.ts';
import { outputPublisher } from './server/index.ts';
import type { ServerWishes } from './server/spec.ts';
import type { SiteConnection } from './site/base.ts';
import { type UploadConnection, uploadArtifacts } from './upload.ts';
import { ignoredVariables } from './variables.ts';

/** The part of the attempt's connection that release notes and icons need. */
export interface DetailsConnection {
  /** Whether the edge keeps them; one of an earlier version doesn't. */
  readonly keepsDetails: boolean;
}

/** The part of the attempt's connection that says what may be published with a server. */
export interface ServerConnection {
  /** Whether the edge publishes servers of sites; one of an earlier version doesn't. */
  readonly runsServers: boolean;
}

export interface StepsInput {
  readonly job: Job;
  /** How the repository is reached, beyond what the job says. */
  readonly access?: SourceAccess | undefined;
  readonly attempt: number;
  readonly limits: JobLimits;
  readonly folder: AttemptFolder;
  readonly secrets: Secrets;
  readonly mask: Mask;
  readonly log: AttemptLog;
  readonly connection: UploadConnection &
    SiteConnection &
    SbomConnection &
    DetailsConnection &
    ServerConnection;
}

/** The steps that a runner really takes. */
export function realSteps(host: JobHost, input: StepsInput): Steps {
  const { job, access, attempt, limits, folder, secrets, mask, log, connection } = input;
  const { settings } = host;
  const scanner = forOneJob(host.scanner);
  let commitHash: string | null = null;
  let ignoreCommand: string | null = null;
  let managerVersion: ManagerVersion | null = null;
  let notes: FoundDetails['notes'] = null;
  let siteSettings: SiteSettings = {};
  let serverWishes: ServerWishes = {};
  let lockfiles: readonly FoundLockfile[] = [];
  let version: string | null = null;
  let foldersBefore: Folders | null = null;
  const executor = host.executor.attempt({ job, folder, journal: host.journal });
  const withoutFileSystem = (error: unknown) =>
    host.journal.warn('A build gets no file system of its own. Its disk usage is watched instead', {
      deploymentId: job.deploymentId,
      error: describeError(error),
    });
  return {
    prepare: async (ctx) => {
      await executor.makeFolder({ bytes: limits.diskBytes, onError: withoutFileSystem });
      const { allowPrivateSources } = settings;
      const scanUpload = (path: string, name: string) =>
        timed('upload', ctx, () => scanner.scanUpload(path, name, ctx));
      const { installCommand, buildCommand } = job.build;
      const commands = [installCommand, buildCommand].filter((command) => command !== null);
      const wantsTag = connection.keepsDetails;
      const options = { allowPrivateSources, scanUpload, wantsTag, access, commands };
      const source = await prepareSource(job.source, folder.workspace, options, ctx);
      commitHash = source.commitHash;
      return source;
    },
    scan: async (ctx) => {
      await scanner.scanTree(folder.workspace.source, ctx);
    },
    detect: async (source, ctx) => {
      const ignored = ignoredVariables(job.variables);
      if (ignored.length > 0) ctx.log(say`Ignored variables, whose names are reserved: ${listed(ignored)}.`);
      const within = folder.workspace.source;
      const servers = connection.runsServers;
      const { type, build, variables } = job;
      const wanted = { type, build, variables, servers, within, ref: source.branch };
      const decision = await detectPlan(source.root, wanted, ctx);
      ({ ignoreCommand, managerVersion } = decision);
      // The build could put anything in the place of the change log.
      if (connection.keepsDetails)
        notes = await readNotes({
          folders: [source.root, within],
          version: decision.version,
          tagMessage: source.tagMessage ?? null,
        });
      siteSettings = decision.site;
      serverWishes = decision.server;
      version = decision.version;
      foldersBefore = mayBeElsewhere(decision) ? await listFolders(source.root, ctx.signal) : null;
      const { packageManager: manager } = decision.plan;
      lockfiles = await findLockfiles({ root: source.root, top: within, manager });
      return { ...decision, plan: host.executor.planned(decision.plan) };
    },
    build: async (source, plan, ctx, onImage) => {
      const asked = { plan, managerVersion, ignoreCommand };
      const input = { job, attempt, ...asked, source, folder, limits, secrets, log, onImage };
      try {
        return await executor.build(input, ctx);
      } finally {
        await warnOfHistory(source, folder.workspace, ctx);
      }
    },
    collect: (source, plan, version, ctx) =>
      inSpan(ctx, 'collect', (within) => {
        const publishing = { connection, attempt, branch: source.branch, journal: host.journal };
        return collectArtifacts(
          {
            root: source.root,
            plan,
            app: { slug: job.app.slug },
            version,
            commitHash,
            foldersBefore,
            maxBytes: limits.artifactBytes,
            outDir: folder.workspace.scratch,
            mask,
            publish: outputPublisher(
              { settings: siteSettings, framework: plan.framework, server: serverWishes },
              publishing,
            ),
            publishUpdate: updatePublisher(publishing),
          },
          within,
        );
      }),
    details: async (artifacts, ctx) =>
      connection.keepsDetails ? { notes, icon: await iconOf(artifacts, ctx) } : null,
    upload: async (artifacts, ctx) => {
      const scan = (files: readonly CollectedArtifact[], parent: StepContext) =>
        inSpan(parent, 'scan artifacts', (within) =>
          timed('artifacts', within, () => scanner.scanArtifacts(files, within)),
        );
      await scan(artifacts, ctx);
      const repacked = async (artifact: CollectedArtifact, within: StepContext) => {
        const again = await artifact.site?.repack(within);
        if (again === undefined)
          throw new JobFailure('upload_failed', own('This instance no longer publishes sites'));
        await scan([again], within);
        return again;
      };
      await uploadArtifacts(artifacts, { connection, attempt, journal: host.journal, repacked }, ctx);
      await inSpan(ctx, 'sbom', (within) =>
        deliverSbom(
          {
            app: { name: job.app.slug, version },
            lockfiles,
            artifacts,
            outDir: folder.workspace.scratch,
            connection,
            attempt,
            journal: host.journal,
          },
          within,
        ),
      );
      await inSpan(ctx, 'keep cache', (within) => executor.keep(within));
    },
  };
}

/** Whether a build may write its site to another folder than the plan says. */
const mayBeElsewhere = ({ plan, areOutputsSet }: Decision): boolean =>
  (plan.type === 'web' || plan.type === 'pwa') &&
  plan.buildCommand !== null &&
  plan.server === undefined &&
  !areOutputsSet;

/** Logs how long a scan took that is part of another phase, if there was one. */
async function timed(
  what: 'upload' | 'artifacts',
  ctx: StepContext,
  work: () => Promise<boolean>,
): Promise<void> {
  const startedAt = performance.now();
  if (await work())
    ctx.log(say`The malware scan of the ${what} took ${formatElapsed(performance.now() - startedAt)}.`);
}
