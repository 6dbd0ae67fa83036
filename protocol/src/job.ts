/** What a runner receives when its claim is granted. */
import { z } from 'zod';
import { AppType, BuildSettings } from './app.ts';
import { BranchName, CommitHash, RootDirectory } from './app-source.ts';
import { Trigger } from './deployment.ts';
import { FileContent, FileName } from './file.ts';
import { Environment, ObjectId, Sha256, Slug, VariableName } from './ids.ts';
import { RepoUrl } from './repo-key.ts';

/** Where the runner fetches the code. A `github` app's source is a `git` job with a token. */
export const JobSource = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('upload'),
    /** A presigned GET; needs no credentials, and expires. */
    url: z.url(),
    name: z.string(),
    size: z.int(),
    sha256: Sha256.nullable(),
    rootDirectory: RootDirectory,
  }),
  z.strictObject({
    kind: z.literal('git'),
    repoUrl: RepoUrl,
    branch: BranchName,
    commit: CommitHash.nullable(),
    /** A short-lived password for the repository's host; it never enters a URL, an argument or the log. */
    token: z.string().nullable(),
    rootDirectory: RootDirectory,
  }),
]);
export type JobSource = z.infer<typeof JobSource>;

/** Resource limits of a build. The runner's own caps apply if they are lower. */
export const JobLimits = z.strictObject({
  memoryBytes: z.int().positive(),
  cpus: z.number().positive(),
  pids: z.int().positive(),
  diskBytes: z.int().positive(),
  timeoutSeconds: z.number().positive(),
  logBytes: z.int().positive(),
  artifactBytes: z.int().positive(),
});
export type JobLimits = z.infer<typeof JobLimits>;

export const Job = z.strictObject({
  deploymentId: ObjectId,
  app: z.strictObject({ id: ObjectId, slug: Slug, name: z.string() }),
  environment: Environment,
  trigger: Trigger,
  source: JobSource,
  build: BuildSettings,
  /** The app's type; null leaves it to detection. */
  type: AppType.nullable(),
  /** Unencrypted: they go into the container's environment and nowhere else. */
  variables: z.record(VariableName, z.string()),
  /** The app's files in base64; a build finds them in memory, and their paths in variables of their names. */
  files: z.record(FileName, FileContent).default({}),
  limits: JobLimits,
  clearCache: z.boolean(),
  buildNumber: z.int().min(1),
  /** The app's public URL, for APPFLUX_URL. */
  url: z.url(),
});
export type Job = z.infer<typeof Job>;

/** A runner's exclusive right to one attempt, and its job. */
export const Grant = z.strictObject({
  deploymentId: ObjectId,
  attempt: z.int().min(1),
  leaseToken: z.string().min(1).max(200),
  /** The lease's length: it expires this long after the last ping that the edge has seen. */
  leaseSeconds: z.number().positive(),
  job: Job,
});
export type Grant = z.infer<typeof Grant>;
