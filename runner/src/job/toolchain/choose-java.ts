/** Which of an image's JDKs a build runs with. Pure. */
import type { ImageTools } from './choose-manager.ts';

export interface JavaChoice {
  /** The JDK's folder; null for the one that is used anyway. */
  readonly home: string | null;
  /** A sentence for the log, or null. */
  readonly note: string | null;
}

/**
 * The JDK for the major version that a project asks for: the image's own, another that it has beside it, or the nearest newer
 * one, for a newer JDK compiles for older ones. Where there is none, the image's own may do and its compiler says if not.
 */
export function chooseJava(asked: string, image: ImageTools): JavaChoice {
  const wanted = Number(asked);
  const own = majorOf(image.java);
  if (own === null || own === wanted) return { home: null, note: null };
  const others = Object.keys(image).flatMap((tool) => {
    const [, major] = /^java-(\d+)$/.exec(tool) ?? [];
    return major === undefined ? [] : [Number(major)];
  });
  const all = [own, ...others].sort((a, b) => a - b);
  const nearest = all.find((major) => major >= wanted);
  if (nearest === wanted) return { home: homeOf(wanted), note: null };
  const used = nearest ?? own;
  const note = `The project requests Java ${asked}, but the image has ${all.join(' and ')}. Using ${used}.`;
  return { home: used === own ? null : homeOf(used), note };
}

const homeOf = (major: number): string => `/usr/lib/jvm/java-${major}`;

/** The major version of a JDK; until Java 8 it stood after `1.`. */
function majorOf(version: string | undefined): number | null {
  const [, major] = /^(?:1\.)?(\d+)/.exec(version ?? '') ?? [];
  return major === undefined ? null : Number(major);
}
