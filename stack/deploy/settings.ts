/** The operator's settings of a deploy: `appflux.deploy.toml`, which is not tracked, so that an upgrade never conflicts. */
import { closest } from 'fastest-levenshtein';
import { parse, TomlError } from 'smol-toml';
import { z } from 'zod';
import { FURTHER_DATABASES } from '../../edge/src/metadata/further-databases.ts';
import { isAtOrBelow } from '../addresses/host.ts';
import { StackProblem } from '../problem.ts';
import { SECRETS } from './secrets.ts';

/** The file's name, in the checkout's top folder. */
export const SETTINGS_FILE = 'appflux.deploy.toml';

/** A host of at least two labels that is not local, without a port. */
const HOST =
  /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!localhost$)[a-z][a-z0-9-]*[a-z0-9]$/;

/** A name of a Worker, database, bucket or Pages project. */
const Name = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9])$/, 'use lower-case letters, digits and dashes');

const Vars = z.record(
  z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'use upper-case letters, digits and underscores'),
  z.string(),
);

const Fields = z.strictObject({
  /** The https URL of the instance. */
  public_url: z
    .string()
    .refine(
      (url) => url.startsWith('https://') && HOST.test(url.slice('https://'.length)),
      'must be an https URL of a host only, such as https://apps.example.com, without a slash at the end',
    ),
  /** The domain that sites are below. */
  sites_domain: z.string().regex(HOST, 'must be a domain, such as example.net'),
  account_id: z
    .string()
    .regex(/^[0-9a-f]{32}$/, 'must be the 32 hexadecimal digits of the account’s overview page'),
  /** The Workers plan: decides how passwords are hashed, and which budgets are shown. */
  plan: z.enum(['free', 'paid']).default('paid'),
  /** Where the dashboard is: static assets of the Worker, or a Pages project in front of it. */
  dashboard: z.enum(['assets', 'pages']).default('assets'),
  name: Name.default('appflux-edge'),
  database: Name.default('appflux'),
  /** How many D1 databases have the metadata. It can be raised, and never lowered: teams stay where they are. */
  metadata_databases: z
    .int()
    .min(1)
    .max(FURTHER_DATABASES.length + 1)
    .default(1),
  bucket: Name.default('appflux'),
  pages_project: Name.default('appflux'),
  /** Whether the server host is deployed as well, which runs the servers of sites. */
  servers: z.boolean().default(false),
  /** Whether a certificate that costs money is ordered where the free one doesn't cover the sites. */
  order_certificate: z.boolean().default(false),
  /** Whether Cloudflare's Email Service sends mail. */
  email: z.boolean().default(false),
  placement: z.enum(['smart', 'off']).default('smart'),
  /** Variables of wrangler.toml with other values. */
  vars: Vars.default({}),
});

export type DeploySettings = Readonly<z.output<typeof Fields>>;

/** Variables that other settings decide. */
const DECIDED: Readonly<Record<string, string>> = {
  PUBLIC_URL: 'public_url',
  SITES_DOMAIN: 'sites_domain',
  S3_BUCKET: 'bucket',
  PASSWORD_HASHING: 'plan',
};

/** What a deploy without the file prints. */
export const TEMPLATE = `# Settings of "npm run deploy" (docs/operations.md). This file is yours: git ignores it.
public_url = "https://apps.example.com"    # the instance; its domain is a zone of the account
sites_domain = "example.net"               # sites are at NAME.example.net; best a zone of its own
account_id = "0123456789abcdef0123456789abcdef"
# plan = "free"                            # "paid" unless set
# dashboard = "pages"                      # "assets" unless set
# metadata_databases = 3                   # 1 unless set; docs/scale.md says when
# servers = true                           # sites with a server; needs the paid plan
# [vars]
# ARTIFACTS_DAYS = "30"
`;

/**
 * Parses the file.
 * @throws StackProblem `settings_invalid` with every problem, a sentence each
 */
export function parseSettings(text: string): DeploySettings {
  const parsed = Fields.safeParse(tableOf(text));
  const problems = parsed.success ? problemsBetween(parsed.data) : parsed.error.issues.flatMap(sentencesOf);
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new StackProblem('settings_invalid', problems.join('; '), `fix it in ${SETTINGS_FILE}`);
}

function sentencesOf(issue: z.core.$ZodIssue): string[] {
  const name = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) => `${key} is unknown; did you mean ${closest(key, Object.keys(Fields.shape))}?`,
    );
  }
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => `${name}: ${message}`);
  return [/received undefined$/.test(issue.message) ? `${name} is missing` : `${name}: ${issue.message}`];
}

function tableOf(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new StackProblem(
      'settings_invalid',
      `${SETTINGS_FILE} is not TOML (line ${error.line}, column ${error.column})`,
      'fix the syntax there',
    );
  }
}

/** Problems of settings that are valid each by itself. */
function problemsBetween(settings: DeploySettings): string[] {
  const problems: string[] = [];
  const host = dashboardHost(settings);
  if (isAtOrBelow(host, settings.sites_domain)) {
    problems.push(
      'sites_domain is the host of public_url or a domain above it, so sites could set its cookies',
    );
  }
  if (settings.servers && settings.plan === 'free') {
    problems.push('servers needs the Workers Paid plan, and plan is "free"');
  }
  for (const name of Object.keys(settings.vars)) {
    const decided = DECIDED[name];
    if (decided !== undefined) problems.push(`vars.${name} is decided by ${decided}`);
    if (name in SECRETS) problems.push(`vars.${name} is a secret: put it into the file of secrets`);
  }
  return problems;
}

/** The host of the dashboard. */
export const dashboardHost = ({ public_url: url }: Pick<DeploySettings, 'public_url'>): string =>
  url.slice('https://'.length);

/** The names of all databases that the settings can have, by their numbers: of these, the first `metadata_databases` are used. */
export const databaseNames = ({ database }: Pick<DeploySettings, 'database'>): [string, ...string[]] => [
  database,
  ...FURTHER_DATABASES.map((_, index) => `${database}-metadata-${index + 1}`),
];

/** The bindings of these databases. */
export const DATABASE_BINDINGS: readonly string[] = ['METADATA', ...FURTHER_DATABASES];

/** The name of the server host's Worker. That of the control plane has always had a fixed one. */
export const serversName = ({ name }: Pick<DeploySettings, 'name'>): string =>
  name === 'appflux-edge' ? 'appflux-servers' : `${name}-servers`;
