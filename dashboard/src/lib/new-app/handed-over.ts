/** An archive that was chosen on another page, on its way to the wizard. Files can't travel in a URL. */
import type { SourceArchive } from '#lib/upload/source-archive.svelte.ts';

let waiting: SourceArchive | null = null;

/** Leaves an archive for the wizard, which is opened next. */
export function handOver(archive: SourceArchive): void {
  waiting = archive;
}

/** Takes the archive that was left; null if there is none. */
export function takeHandedOver(): SourceArchive | null {
  const taken = waiting;
  waiting = null;
  return taken;
}
