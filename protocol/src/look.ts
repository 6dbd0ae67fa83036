/**
 * Looking at a repository before there is an app: a runner fetches one commit, reads the few files that detection needs,
 * and runs nothing of it.
 */
import { z } from 'zod';
import { BranchName, RootDirectory } from './app-source.ts';
import { CandidateSettings } from './candidate.ts';
import { Plan } from './deployment.ts';
import { FailureCode } from './failure.ts';
import { ObjectId, Timestamp } from './ids.ts';
import { RepoUrl } from './repo-key.ts';
import { SourceAccess } from './source-access.ts';
import { SetSourceCredential } from './source-credential.ts';

/** How many branches the result of a look names. */
export const MAX_LOOK_BRANCHES = 100;

/** How many ways of building a source the result of a look has. */
export const MAX_LOOK_WAYS = 20;

/** Body of `POST /api/apps/look`. */
export const StartLook = z
  .strictObject({
    source: z.strictObject({
      provider: z.enum(['github', 'git']),
      repoUrl: RepoUrl,
      /** A branch or tag; the repository’s default branch if it is left out. */
      branch: BranchName.optional(),
      rootDirectory: RootDirectory.optional(),
    }),
    /**
     * What a private repository is fetched with. It is encrypted, used for this look, and deleted with its end. A
     * repository that an installation of the GitHub App covers needs none.
     */
    credential: SetSourceCredential.optional(),
  })
  .meta({ id: 'StartLook' });
export type StartLook = z.infer<typeof StartLook>;

/** One way to build what was looked at, as detection gives it. */
export const LookWay = z.strictObject({ set: CandidateSettings, plan: Plan }).meta({ id: 'LookWay' });
export type LookWay = z.infer<typeof LookWay>;

/** Why the default way can't be built. */
export const LookProblem = z
  .strictObject({
    message: z.string().max(2000),
    hint: z.string().max(2000).nullable(),
    /** The only problem is that there are several to choose from. */
    isAmbiguous: z.boolean(),
  })
  .meta({ id: 'LookProblem' });
export type LookProblem = z.infer<typeof LookProblem>;

/** What a runner has found in a repository. */
export const LookFindings = z.strictObject({
  /** The branch or tag that was looked at; null where the server doesn’t name its default branch. */
  branch: z.string().max(255).nullable(),
  /** The repository’s default branch; null where the server doesn’t name it. */
  defaultBranch: z.string().max(255).nullable(),
  /** Names of branches, the default one first; empty if the server didn’t list them. */
  branches: z.array(z.string().max(255)).max(MAX_LOOK_BRANCHES),
  commit: z.strictObject({ hash: z.string().max(64), message: z.string().max(500) }),
  /** The same as detection gives for a ZIP in the browser. */
  candidates: z.strictObject({
    ways: z.array(LookWay).max(MAX_LOOK_WAYS),
    problem: LookProblem.nullable(),
  }),
});
export type LookFindings = z.infer<typeof LookFindings>;

/** The result of a look. */
export const LookResult = LookFindings.extend({
  /** The default way: the first candidate, unless there is a problem. */
  plan: Plan.nullable(),
}).meta({ id: 'LookResult' });
export type LookResult = z.infer<typeof LookResult>;

/** Why a look gave nothing. `message` says what happened, `hint` what to do about it. */
export const LookError = z
  .strictObject({
    code: FailureCode,
    message: z.string().max(2000),
    hint: z.string().max(2000),
    /** Set if a credential may help: `missing` if none was given, `rejected` if the server did not accept it. */
    credential: z.enum(['missing', 'rejected']).optional(),
  })
  .meta({ id: 'LookError' });
export type LookError = z.infer<typeof LookError>;

/** How a look ended. */
export const LookOutcome = z.union([
  z.strictObject({ findings: LookFindings }),
  z.strictObject({ error: LookError }),
]);
export type LookOutcome = z.infer<typeof LookOutcome>;

/** What a runner receives to look at. */
export const LookTask = z.object({
  id: ObjectId,
  repoUrl: RepoUrl,
  /** Null: the default branch. */
  branch: BranchName.nullable(),
  /** Null: what appflux.json at the top says, else the top. */
  rootDirectory: RootDirectory.nullable(),
  /** A password for the repository’s host, as in a job. */
  token: z.string().nullable(),
  access: SourceAccess,
  /** Whether the instance runs servers of sites. */
  servers: z.boolean(),
});
export type LookTask = z.infer<typeof LookTask>;

/** Response of `POST /api/apps/look`. */
export const StartedLook = z.strictObject({ id: ObjectId }).meta({ id: 'StartedLook' });
export type StartedLook = z.infer<typeof StartedLook>;

/** `waiting`: for a runner. `looking`: a runner is at it. The others are final. */
export const LookStatus = z.enum(['waiting', 'looking', 'done', 'failed']);
export type LookStatus = z.infer<typeof LookStatus>;

/** Response of `GET /api/apps/look/:id`. */
export const Look = z
  .strictObject({
    id: ObjectId,
    status: LookStatus,
    /** Set if it is `done`. */
    result: LookResult.optional(),
    /** Set if it is `failed`. */
    error: LookError.optional(),
    /** When nothing of it is kept any longer. */
    expiresAt: Timestamp,
  })
  .meta({ id: 'Look' });
export type Look = z.infer<typeof Look>;
