/** The version of this command line, which `appflux --version` prints, and that of an instance. */
import { z } from 'zod';
import manifest from '../package.json' with { type: 'json' };

export const VERSION: string = manifest.version;

/** An error message isn't worth a longer wait, in milliseconds. */
const WITHIN_MS = 3000;

const Health = z.object({ version: z.string().max(40) });

/** The version of an instance, for the message about an answer that can't be read; null if it says none. */
export async function versionOf(url: string): Promise<string | null> {
  try {
    const response = await fetch(`${url}/api/health`, {
      signal: AbortSignal.timeout(WITHIN_MS),
      redirect: 'error',
    });
    return Health.parse(await response.json()).version;
  } catch {
    // It can't be reached, or isn't AppFlux at all: the error itself says enough.
    return null;
  }
}
