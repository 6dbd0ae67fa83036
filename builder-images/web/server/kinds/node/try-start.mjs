/** Finds out whether a program of Node can be loaded before any request. */
import { PackFailure } from '../../failure.mjs';
import { writeOutput } from '../../output.mjs';
import { checkStart } from '../../start.mjs';
import { nativeFailure } from './native.mjs';

/** What a Worker does not allow before its first request, and what the runtime says of a program that still waits. */
const LATER =
  /Disallowed operation called within global scope|does not listen at load|Top-level await in module is unsettled/;

/**
 * @param {import('../../context.mjs').Context} ctx
 * @param {{ main: string, modules: string }} bundled
 * @returns {Promise<string | null>} why it has to be loaded by a request; null if it has not
 * @throws {PackFailure} if it throws while it is loaded, for another reason
 */
export async function whyLater(ctx, bundled) {
  const lines = [];
  let isLoading = false;
  const quiet = { ...ctx, log: (text) => isLoading && lines.push(text) };
  try {
    const spec = await writeOutput(quiet, { ...bundled, assets: null });
    isLoading = true;
    await checkStart(quiet, spec);
    return null;
  } catch (error) {
    if (!(error instanceof PackFailure)) throw error;
    if (LATER.test(error.message))
      return error.message.includes('Disallowed')
        ? 'it does what a Worker does only in a request'
        : 'it waits before it listens';
    const native = nativeFailure(error.message);
    if (native !== null) throw native;
    for (const line of lines) ctx.log(line);
    throw error;
  }
}
