/** Settings that a deploy to Cloudflare needs besides the checkout. */
import { isAtOrBelow } from '../addresses/host.ts';

/** The secrets, set once with `npx wrangler secret put NAME`. */
export const SECRETS: Readonly<Record<string, string>> = {
  OPERATOR_SECRET: 'required; 32 characters or more, for example from "openssl rand -base64 32".',
  SEALING_KEY:
    'required; from "openssl rand -base64 32". Keep a copy: sealed values cannot be read without it.',
  S3_ENDPOINT: 'required; https://ACCOUNT.r2.cloudflarestorage.com, or another S3 server.',
  S3_ACCESS_KEY_ID: 'required; from an R2 API token that can read and write objects of the bucket.',
  S3_SECRET_ACCESS_KEY: 'required; from the same token.',
  MONGODB_URI: 'only to store metadata in MongoDB.',
  MAIL_API_KEY: 'only to send email through the HTTP API of a mail service.',
  SUPABASE_URL: 'only for sign-in through Supabase.',
};

/** The fields of wrangler.toml that are checked. */
interface DeployConfig {
  vars?: Record<string, unknown>;
  d1_databases: readonly { binding: string; database_id?: string | undefined }[];
}

/** Whether the dashboard's host is the domain of sites, or below it. */
function coversDashboard(sitesDomain: string, publicUrl: string): boolean {
  const dashboard = URL.parse(publicUrl)?.hostname;
  const sites = URL.parse(`https://${sitesDomain}`)?.hostname;
  return dashboard !== undefined && sites !== undefined && isAtOrBelow(dashboard, sites);
}

/** The settings in wrangler.toml that are still those of a local instance, a sentence each. */
export function deployProblems({ vars = {}, d1_databases: databases }: DeployConfig): string[] {
  const problems: string[] = [];
  if (!/^https:\/\/[^/]+$/.test(String(vars.PUBLIC_URL))) {
    problems.push('PUBLIC_URL is not an https URL without a trailing slash');
  }
  if (/localhost/.test(String(vars.SITES_DOMAIN))) problems.push('SITES_DOMAIN is a local name');
  if (coversDashboard(String(vars.SITES_DOMAIN), String(vars.PUBLIC_URL))) {
    problems.push(
      'SITES_DOMAIN is the host of PUBLIC_URL or a domain above it, so sites could set its cookies',
    );
  }
  for (const { binding, database_id: id } of databases) {
    if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id ?? '')) {
      problems.push(`database_id of ${binding} is not an id that "wrangler d1 create" printed`);
    }
  }
  return problems;
}
