import manifest from '../package.json' with { type: 'json' };

/** The version of the control plane, as its package has it. */
export const VERSION: string = manifest.version;
