/** Apps: what a user deploys. */
import { z } from 'zod';
import { AppSource } from './app-source.ts';
import { FileInfo } from './file.ts';
import { Environment, ObjectId, Slug, Timestamp, UserId, VariableName } from './ids.ts';
import { PageQuery } from './page.ts';
import { Retention, RetentionDefaults } from './retention.ts';
import { AppServer } from './server-site.ts';
import { SizeBudgets } from './size-budget.ts';
import { MAX_VARIABLE_BYTES, utf8Bytes } from './sizes.ts';
import { TriggerChange, TriggerRules } from './trigger.ts';
import { SettableVariableName } from './variable-name.ts';

/** What an app is built into. */
export const AppType = z.enum(['web', 'pwa', 'android', 'desktop']);
export type AppType = z.infer<typeof AppType>;

/** A shell command. */
export const Command = z.string().trim().min(1).max(2000);

/** A glob relative to the root directory. */
export const OutputGlob = z
  .string()
  .min(1)
  .max(512)
  .refine((glob) => !glob.startsWith('/') && !glob.split('/').includes('..'), {
    message: 'An output must be inside the root directory',
  });

/** How an app is built. What is null or empty is left to appflux.json, then to detection. */
export const BuildSettings = z
  .strictObject({
    framework: z.string().max(60).nullable().default(null),
    installCommand: Command.nullable().default(null),
    buildCommand: Command.nullable().default(null),
    outputs: z.array(OutputGlob).max(50).default([]),
    image: z.string().max(200).nullable().default(null),
    node: z.string().max(40).nullable().default(null),
    labels: z.array(z.string().min(1).max(60)).max(10).default([]),
    timeoutSeconds: z.int().min(10).max(21_600).nullable().default(null),
    supersede: z.boolean().default(true),
    concurrency: z.int().min(1).max(20).default(1),
  })
  .meta({ id: 'BuildSettings' });
export type BuildSettings = z.infer<typeof BuildSettings>;

/** A value that Linux can pass to a program. */
export const VariableValue = z
  .string()
  .refine((value) => utf8Bytes(value) <= MAX_VARIABLE_BYTES, {
    message: `A variable has ${MAX_VARIABLE_BYTES / 1024} KB at most. Put larger values into a file of the app`,
  })
  .refine((value) => !value.includes('\0'), { message: 'A variable can’t hold a NUL character' });

/** A variable's value, and the environments that get it (all by default). */
export const VariableInput = z
  .strictObject({
    value: VariableValue,
    environments: z.array(Environment).min(1).max(2).optional(),
    /**
     * Whether logs and records of builds hide the value. Without it, an earlier choice for this variable is kept, or
     * `sensitivityOf` decides; null resets the choice.
     */
    sensitive: z.boolean().nullable().optional(),
  })
  .meta({ id: 'VariableInput' });
export type VariableInput = z.infer<typeof VariableInput>;

/** A change of a variable that keeps its value. */
export const VariableChange = z
  .strictObject({
    environments: z.array(Environment).min(1).max(2).optional(),
    /** Hides the value in logs and records of builds. To show a value that was hidden, set it again. */
    sensitive: z
      .literal(
        true,
        'A hidden value can only be shown after it is set again. Send it with PUT and sensitive: false',
      )
      .optional(),
  })
  .refine(({ environments, sensitive }) => environments !== undefined || sensitive !== undefined, {
    message: 'Send environments or sensitive',
  })
  .meta({ id: 'VariableChange' });
export type VariableChange = z.infer<typeof VariableChange>;

/** Who may open a site or its files: anyone, members of the team, or anyone who knows the password. */
export const Access = z.enum(['public', 'team', 'password']);
export type Access = z.infer<typeof Access>;

/** Who may open what an app publishes: its production deployments, and its previews. */
export const AppAccess = z.strictObject({ production: Access, previews: Access }).meta({ id: 'AppAccess' });
export type AppAccess = z.infer<typeof AppAccess>;

/** How many hosts the rewrites of an app's sites may lead to. */
export const MAX_REWRITE_HOSTS = 20;

/** A host that rewrites of a site may lead to: a DNS name (RFC 1123 §2.1) or an IPv4 address, with or without a port. */
export const RewriteHost = z
  .string()
  .max(259)
  .regex(
    /^(?=[^:]{1,253}(?::|$))[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*(?::[1-9][0-9]{0,4})?$/,
    'A host is a name in lower case such as api.example.com, with or without a port',
  );

/** The password of sites whose access is `password`. */
export const SitePassword = z.string().min(8).max(200);

const AppName = z.string().trim().min(1).max(80);

export const CreateApp = z
  .strictObject({
    name: AppName,
    slug: Slug.optional(),
    type: AppType.optional(),
    source: AppSource,
    build: BuildSettings.optional(),
    retention: Retention.optional(),
    budgets: SizeBudgets.optional(),
    triggers: TriggerChange.optional(),
    envVars: z.record(SettableVariableName, z.union([VariableValue, VariableInput])).optional(),
  })
  .meta({ id: 'CreateApp' });
export type CreateApp = z.infer<typeof CreateApp>;

/** The settings of an app that a request can change, but for its password. */
const AppSettings = z
  .strictObject({
    name: AppName,
    type: AppType.nullable(),
    source: AppSource,
    build: BuildSettings,
    retention: Retention,
    /** Limits for the size of what deployments publish. None: those of appflux.json. */
    budgets: SizeBudgets,
    /** Whether production deployments go live when they succeed. */
    autoRelease: z.boolean(),
    access: AppAccess.partial(),
    /** Whether sites answer unknown paths with index.html; null leaves it to each deployment. */
    spaFallback: z.boolean().nullable(),
    rewriteHosts: z.array(RewriteHost).max(MAX_REWRITE_HOSTS),
    /** Settings for the servers of its sites. */
    server: AppServer,
    /** Changes the rules that it names. */
    triggers: TriggerChange,
  })
  .partial();

/** What a caller saw of an app's settings before it changed them. */
export const SeenSettings = AppSettings.meta({ id: 'SeenSettings' });
export type SeenSettings = z.infer<typeof SeenSettings>;

export const UpdateApp = AppSettings.extend({
  /** Replaces the password and ends the access of everyone who used the earlier one; null removes it. */
  password: SitePassword.nullable().optional(),
  /** The settings that the caller saw. If one of them is another by now, nothing changes: `settings_changed`. */
  from: SeenSettings.optional(),
}).meta({ id: 'UpdateApp' });
export type UpdateApp = z.infer<typeof UpdateApp>;

/** A variable in an API answer: never with its value. */
export const VariableInfo = z
  .strictObject({
    name: VariableName,
    environments: z.array(Environment),
    /**
     * Whether logs and records of builds hide the value. Null for variables from before this field existed:
     * `sensitivityOf` decides when a build gets them.
     */
    sensitive: z.boolean().nullable(),
    /** Nobody has chosen `sensitive`; its name and value decided. */
    automatic: z.boolean(),
    /** When its value or one of these settings was last changed. Null for variables from before this field existed. */
    updatedAt: Timestamp.nullable().default(null),
  })
  .meta({ id: 'Variable' });
export type VariableInfo = z.infer<typeof VariableInfo>;

export const App = z
  .strictObject({
    id: ObjectId,
    ownerId: UserId,
    name: z.string(),
    slug: Slug,
    /** The type that a person chose; null leaves it to each deployment's detection. */
    type: AppType.nullable(),
    /** The type of its newest release; null until there is one. */
    detectedType: AppType.nullable(),
    source: AppSource,
    build: BuildSettings,
    retention: Retention,
    /** What applies if `retention` is null. */
    retentionDefaults: RetentionDefaults,
    budgets: SizeBudgets.default([]),
    envVars: z.array(VariableInfo),
    files: z.array(FileInfo),
    /** The deployment that the public URL points at. */
    release: ObjectId.nullable(),
    /** The release before; null if there was none. */
    previousRelease: ObjectId.nullable(),
    /** When the public URL was last pointed at another deployment. */
    releasedAt: Timestamp.nullable(),
    /** While it is locked, no deployment goes live by itself. */
    releaseLocked: z.boolean(),
    autoRelease: z.boolean(),
    access: AppAccess,
    hasPassword: z.boolean(),
    spaFallback: z.boolean().nullable(),
    rewriteHosts: z.array(z.string()),
    server: AppServer,
    triggers: TriggerRules,
    /** The URL of a picture of its release's site; null if there is none. It needs a token, like the app itself. */
    picture: z.url().nullable().default(null),
    /** `site` is there if the release is a site. */
    urls: z.strictObject({ self: z.url(), page: z.url(), site: z.url().optional() }),
    createdAt: Timestamp,
  })
  .meta({ id: 'App' });
export type App = z.infer<typeof App>;

/** Query of the list of apps; `q` filters by name and slug. */
export const AppsQuery = PageQuery.extend({ q: z.string().min(1).max(80).optional() });
