/**
 * Finds where in a site's source its errors were thrown, by the source maps that were published with it. They are hidden
 * from visitors, so only the log shows places of the source.
 */
import {
  MAPS_FOLDER,
  RUNTIME_LIMITS,
  type RuntimeEvent,
  type SiteManifest,
  type SourcePlace,
  siteFile,
} from '@appflux/protocol';
import type { Env } from '../../env.ts';
import { journal } from '../../journal.ts';
import { LeastRecent } from '../../sites/serve/least-recent.ts';
import { inflated } from '../../sites/serve/streams.ts';
import { siteManifest } from '../../sites/store/manifest.ts';
import { blobPlace, readBlob } from '../../sites/store/read-blob.ts';
import { objectsOf } from '../../storage/index.ts';
import { bytesOf } from '../../storage/read.ts';
import { originalsOf, parseSourceMap } from './source-map.ts';
import { type Frame, framesOf, sourceFile, throwingPlace, withPlaces } from './stack.ts';

/** The largest source map that is read, in bytes: it is held in memory for a moment. */
const MAX_MAP_BYTES = 24 * 1024 * 1024;

/**
 * How often maps of one deployment are read within a minute, and how many at a time. Places that were found before need
 * none, so only a server that fails in ever new places gets this far.
 */
const READS_PER_MINUTE = 6;
const MINUTE_MS = 60_000;
const MAPS_PER_READ = 3;

/** How many frames of one stack are looked up. */
const MOST_FRAMES = 20;

/** How many places this isolate remembers. */
const MOST_PLACES = 5_000;

/** By deployment, module, line and column; null where the source map has none. */
const known = new LeastRecent<SourcePlace | null>(MOST_PLACES);

/** How often maps were read since when, by deployment. */
const reads = new LeastRecent<{ since: number; count: number }>(1_000);

/** An event whose stack names places of the source, as far as they are known. */
export type PlacedEvent = RuntimeEvent & { place: SourcePlace | null };

/** Finds the places of a deployment's errors. What can't be found now stays as it is: a log must not wait for storage. */
export async function placed(
  env: Env,
  deployment: { readonly id: string; readonly appId: string },
  events: readonly RuntimeEvent[],
): Promise<PlacedEvent[]> {
  const stacks = events.map(({ stack }) => (stack === null ? [] : framesOf(stack).slice(0, MOST_FRAMES)));
  const unknown = stacks.flat().filter((frame) => known.get(keyOf(deployment.id, frame)) === undefined);
  if (unknown.length > 0) await look(env, deployment, unknown);
  return events.map((event, index) => {
    const places = new Map<number, SourcePlace>();
    for (const frame of stacks[index] ?? []) {
      const place = known.get(keyOf(deployment.id, frame));
      if (place != null) places.set(frame.index, place);
    }
    if (event.stack === null || places.size === 0) return { ...event, place: null };
    return {
      ...event,
      stack: withPlaces(event.stack, places).slice(0, RUNTIME_LIMITS.lineBytes),
      place: throwingPlace(places),
    };
  });
}

async function look(
  env: Env,
  deployment: { readonly id: string; readonly appId: string },
  frames: readonly Frame[],
): Promise<void> {
  try {
    if (!countRead(deployment.id, Date.now())) return;
    const manifest = await siteManifest(env, deployment);
    if (manifest === null) return;
    const byModule = Map.groupBy(frames, ({ module }) => module);
    for (const [module, ofModule] of [...byModule].slice(0, MAPS_PER_READ)) {
      const map = await mapOf(env, manifest, module);
      const originals = map === null ? [] : originalsOf(map, ofModule);
      for (const [index, frame] of ofModule.entries()) {
        const original = originals[index];
        const place = original == null ? null : { ...original, file: sourceFile(original.source) };
        known.set(
          keyOf(deployment.id, frame),
          place === null ? null : { file: place.file, line: place.line, column: place.column },
          1,
        );
      }
    }
  } catch (error) {
    journal.error(
      'the source maps of a server could not be read; its errors show places of the bundle',
      error,
    );
  }
}

/** The source map of a module; null if there is none that can be read. */
async function mapOf(
  env: Env,
  manifest: SiteManifest,
  module: string,
): Promise<ReturnType<typeof parseSourceMap>> {
  const path = `${MAPS_FOLDER}${module}.map`;
  const entry = manifest.files.find(([name]) => name === path);
  const place = entry === undefined ? null : blobPlace(manifest, entry);
  if (entry === undefined || place === null) return null;
  const { size, method } = siteFile(entry);
  if (size > MAX_MAP_BYTES) return null;
  const stored = await readBlob(objectsOf(env), place);
  const bytes = await bytesOf(method === 'stored' ? stored : inflated(stored));
  return parseSourceMap(new TextDecoder().decode(bytes));
}

/** Counts a read; false when there may be no more within this minute. */
function countRead(deploymentId: string, now: number): boolean {
  const window = reads.get(deploymentId);
  const isOpen = window !== undefined && Math.abs(now - window.since) < MINUTE_MS;
  const { since, count } = isOpen ? window : { since: now, count: 0 };
  if (count >= READS_PER_MINUTE) return false;
  reads.set(deploymentId, { since, count: count + 1 }, 1);
  return true;
}

const keyOf = (deploymentId: string, { module, line, column }: Frame): string =>
  `${deploymentId} ${module}:${line}:${column}`;
