/** The script that makes a machine a runner of this instance, and what it downloads (stack/runner-package). */
import { AppFluxError, type RunnerInstaller } from '@appflux/protocol';
import { z } from 'zod';
import type { Env } from '../env.ts';
import { sha256Hex } from '../secrets/tokens.ts';
import { setting } from '../settings.ts';

/** Where the files are among those of the dashboard. */
const FOLDER = '/runner-package';

/** Where the script is. */
export const SCRIPT_PATH = '/install-runner.sh';

const Package = z.object({ version: z.string(), sha256: z.string(), bytes: z.int() });

export interface Installer {
  readonly script: string;
  readonly info: RunnerInstaller;
}

/**
 * The script with the URL of this instance and the checksum of its package.
 * Throws AppFluxError `not_found` if the instance was built without one.
 */
export async function installerOf(env: Env): Promise<Installer> {
  const url = setting(env, 'PUBLIC_URL');
  const [facts, template] = await Promise.all([
    asset(env, url, 'package.json'),
    asset(env, url, 'install.txt'),
  ]);
  const { version, sha256, bytes } = Package.parse(JSON.parse(facts));
  const values: Record<string, string> = { URL: url, VERSION: version, SHA256: sha256 };
  const script = template.replace(/@(URL|VERSION|SHA256)@/g, (_, name: string) =>
    inQuotes(values[name] ?? ''),
  );
  const info = {
    version,
    url,
    scriptUrl: `${url}${SCRIPT_PATH}`,
    scriptSha256: await sha256Hex(new TextEncoder().encode(script)),
    packageSha256: sha256,
    packageBytes: bytes,
  };
  return { script, info };
}

/** A text for a place between single quotation marks of a POSIX shell, on one line. */
const inQuotes = (text: string): string => text.replace(/[\r\n]+/g, ' ').replaceAll("'", `'\\''`);

async function asset(env: Env, url: string, name: string): Promise<string> {
  const file = await env.ASSETS.fetch(new Request(`${url}${FOLDER}/${name}`));
  if (file.ok) return file.text();
  throw new AppFluxError('not_found', 'This instance has no runner to install', {
    hint: 'Build the instance with "npm start" or "npm run deploy", or install the runner from a checkout (docs/operations.md).',
  });
}
