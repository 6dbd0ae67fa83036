/** What a deploy to Cloudflare needs besides what is in the checkout. */

/** The secrets, set once with `npx wrangler secret put NAME`. */
export const SECRETS: Readonly<Record<string, string>> = {
  OPERATOR_SECRET: 'needed; 32 characters or more, for example from "openssl rand -base64 32".',
  SEALING_KEY: 'needed; from "openssl rand -base64 32". Keep a copy: without it nothing sealed opens again.',
  S3_ENDPOINT: 'needed; https://ACCOUNT.r2.cloudflarestorage.com, or another S3 server.',
  S3_ACCESS_KEY_ID: 'needed; of an R2 API token that may read and write objects of the bucket.',
  S3_SECRET_ACCESS_KEY: 'needed; of the same token.',
  MONGODB_URI: 'only to keep metadata in MongoDB.',
  MAIL_API_KEY: 'only to send mail by the HTTP API of a mail service.',
  SUPABASE_URL: 'only to let people sign in through Supabase.',
};

/** What of wrangler.toml is looked at. */
interface DeployConfig {
  vars?: Record<string, unknown>;
  d1_databases: readonly { binding: string; database_id?: string | undefined }[];
}

/** What in wrangler.toml is still meant for a local instance, a sentence each. */
export function deployProblems({ vars = {}, d1_databases: databases }: DeployConfig): string[] {
  const problems: string[] = [];
  if (!/^https:\/\/[^/]+$/.test(String(vars.PUBLIC_URL))) {
    problems.push('PUBLIC_URL is not an https address without a slash at its end');
  }
  if (/localhost/.test(String(vars.SITES_DOMAIN))) problems.push('SITES_DOMAIN is a local name');
  for (const { binding, database_id: id } of databases) {
    if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id ?? '')) {
      problems.push(`database_id of ${binding} is not the id that "wrangler d1 create" gave`);
    }
  }
  return problems;
}
