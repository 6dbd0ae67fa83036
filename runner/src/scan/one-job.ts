/** Logs a job's scans once, instead of with each scan. */
import type { StepContext } from '../step-context.ts';
import type { Scanner } from './scanner.ts';

/** Scans nothing, and says so once in each log. */
export function silentScanner(why: string): Scanner {
  return {
    scanUpload: async () => false,
    scanTree: async (_top, ctx) => {
      ctx.log(why);
      return false;
    },
    scanArtifacts: async () => false,
  };
}

/** The same scanner for one job: a warning that the job's log has already is not written again. */
export function forOneJob(scanner: Scanner): Scanner {
  const written = new Set<string>();
  const once = (ctx: StepContext): StepContext => ({
    signal: ctx.signal,
    log: (text, stream) => {
      const plain = String(text);
      if (written.has(plain)) return;
      if (plain.startsWith('Warning:')) written.add(plain);
      ctx.log(text, stream);
    },
  });
  return {
    scanUpload: (path, name, ctx) => scanner.scanUpload(path, name, once(ctx)),
    scanTree: (top, ctx) => scanner.scanTree(top, once(ctx)),
    scanArtifacts: (files, ctx) => scanner.scanArtifacts(files, once(ctx)),
  };
}
