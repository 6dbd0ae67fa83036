/** Native code: what its import throws, and the failure that it becomes. */
import { PackFailure } from '../../failure.mjs';

/** After the name of the package. */
export const NATIVE = 'has native code, which a Worker can not load';

/**
 * @param {string} message of an error at load
 * @returns {PackFailure | null} null if native code is not its cause
 */
export function nativeFailure(message) {
  const name = new RegExp(`(\\S+) ${NATIVE}`).exec(message)?.[1];
  return name === undefined
    ? null
    : new PackFailure(
        `The server uses ${name}, which has native code: AppFlux runs JavaScript and WebAssembly only`,
        'Use a package without native code instead, or run this server elsewhere.',
      );
}
