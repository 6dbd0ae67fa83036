/** The GitHub App of an instance: its state, the installations of a team, and what these cover. */
import { z } from 'zod';
import { Timestamp } from './ids.ts';
import { PageQuery } from './page.ts';

/** A number that GitHub has given something, as text. */
export const GithubId = z.string().regex(/^[1-9][0-9]{0,19}$/, 'An id of GitHub is a number');

/** The GitHub App of this instance. */
export const GithubAppInfo = z
  .strictObject({
    name: z.string(),
    slug: z.string(),
    /** Its public page. */
    url: z.url(),
    /** The login of the account that owns it; null if it is unknown. */
    account: z.string().nullable(),
    createdAt: Timestamp,
  })
  .meta({ id: 'GithubAppInfo' });
export type GithubAppInfo = z.infer<typeof GithubAppInfo>;

/** An installation of the App that the team has connected. */
export const GithubInstallation = z
  .strictObject({
    id: GithubId,
    account: z.string(),
    accountType: z.enum(['User', 'Organization']),
    /** Whether it covers all repositories of the account, or those that were chosen. */
    repositories: z.enum(['all', 'selected']),
    /** Where its repositories are chosen. */
    url: z.url(),
    suspendedAt: Timestamp.nullable(),
  })
  .meta({ id: 'GithubInstallation' });
export type GithubInstallation = z.infer<typeof GithubInstallation>;

/** Response of `GET /api/integrations/github`. */
export const GithubIntegration = z
  .strictObject({
    /** The GitHub that this instance is connected to, such as `github.com`. */
    host: z.string(),
    /** Null until the owner of the instance has registered one. */
    app: GithubAppInfo.nullable(),
    /** Whether the caller may register and disconnect the App. */
    canManageApp: z.boolean(),
    installations: z.array(GithubInstallation),
    /** The calls that go on from here. */
    links: z.strictObject({
      /** `POST`: what the App is registered with. */
      manifest: z.url(),
      /** `POST`: where a person installs the App, or connects an installation. */
      start: z.url(),
      repositories: z.url(),
    }),
  })
  .meta({ id: 'GithubIntegration' });
export type GithubIntegration = z.infer<typeof GithubIntegration>;

/** The login of an account at GitHub. */
export const GithubLogin = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?$/, 'Invalid GitHub account name');

/** Body of `POST /api/integrations/github/manifest`. */
export const CreateGithubManifest = z
  .strictObject({
    /** The organization that the App will belong to; without one, the person's own account. */
    organization: GithubLogin,
    /** GitHub takes 34 characters at most, and no name that another App has. */
    name: z.string().trim().min(1).max(34),
    /** Whether other accounts may install it, too. By default, if anyone may sign up at this instance. */
    public: z.boolean(),
  })
  .partial()
  .meta({ id: 'CreateGithubManifest' });
export type CreateGithubManifest = z.infer<typeof CreateGithubManifest>;

/** A form that a browser posts to GitHub: its `action`, and the value of its one field, `manifest`. */
export const GithubManifest = z
  .strictObject({ action: z.url(), manifest: z.string() })
  .meta({ id: 'GithubManifest' });
export type GithubManifest = z.infer<typeof GithubManifest>;

const Code = z.string().min(1).max(200);
const State = z.string().min(1).max(2100);

/** Body of `POST /api/integrations/github/app`: what GitHub has added to the URL that it sent the person back to. */
export const RegisterGithubApp = z
  .strictObject({ code: Code, state: State })
  .meta({ id: 'RegisterGithubApp' });
export type RegisterGithubApp = z.infer<typeof RegisterGithubApp>;

/** Response of `POST /api/integrations/github/installations/start`. */
export const GithubInstallationStart = z
  .strictObject({
    /** Where the person installs the App on an account. */
    installUrl: z.url(),
    /** Where they say who they are, to connect installations that are there already. */
    connectUrl: z.url(),
  })
  .meta({ id: 'GithubInstallationStart' });
export type GithubInstallationStart = z.infer<typeof GithubInstallationStart>;

/** Body of `POST /api/integrations/github/installations`: as for the App. Without an id, all that are the person's. */
export const ConnectGithubInstallation = z
  .strictObject({ code: Code, state: State, installationId: GithubId.optional() })
  .meta({ id: 'ConnectGithubInstallation' });
export type ConnectGithubInstallation = z.infer<typeof ConnectGithubInstallation>;

export const GithubInstallationList = z.strictObject({ items: z.array(GithubInstallation) });

/** A repository that an installation of the team covers. */
export const GithubRepository = z
  .strictObject({
    id: GithubId,
    /** `owner/name`. */
    fullName: z.string(),
    /** Where Git clones it from: the `repoUrl` of an app. */
    url: z.url(),
    private: z.boolean(),
    archived: z.boolean(),
    defaultBranch: z.string(),
    pushedAt: Timestamp.nullable(),
    installationId: GithubId,
  })
  .meta({ id: 'GithubRepository' });
export type GithubRepository = z.infer<typeof GithubRepository>;

export const GithubBranch = z
  .strictObject({ name: z.string(), protected: z.boolean() })
  .meta({ id: 'GithubBranch' });
export type GithubBranch = z.infer<typeof GithubBranch>;

/** Query of the lists of repositories and branches; `search` is part of a name, in any case. */
export const GithubSearch = PageQuery.extend({ search: z.string().max(100).optional() });
