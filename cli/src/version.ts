/** The version of this command line, which `appflux --version` prints. */
import manifest from '../package.json' with { type: 'json' };

export const VERSION: string = manifest.version;
