/** How many files a process of a build may have open. */
import type { Engine } from './engine.ts';
import { readImageFile } from './image-file.ts';

/** Plenty for watchers and bundlers, where engines leave it at anything from a thousand to a billion. */
const ENOUGH = 65_536;

/** The limit doesn't change while the engine runs, so it is read once. */
let known: Promise<number> | undefined;

/**
 * What a container may be given: enough, or what the engine has itself, if that is less: more than that makes a
 * container fail to start. Asking takes a short-lived container of any builder image.
 */
export function maxOpenFiles(engine: Engine, runnerId: string, imageId: string): Promise<number> {
  known ??= readImageFile(engine, runnerId, imageId, '/proc/self/limits').then(openFilesOf);
  // A failure is not remembered: the next build asks again.
  known.catch(() => {
    known = undefined;
  });
  return known;
}

/** The lower one of what is enough and the hard limit in a text of the form of proc_pid_limits(5). Pure. */
export function openFilesOf(limits: string | null): number {
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(limits ?? '')?.[1];
  return Math.min(ENOUGH, hard === undefined ? ENOUGH : Number(hard));
}
