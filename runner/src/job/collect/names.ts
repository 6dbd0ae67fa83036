/** The names of artifacts, which are safe in a URL, a header and any file system. */
import { ArtifactName } from '@appflux/protocol';

const MAX_LENGTH = 200;
/** Room for a number that tells two artifacts of one name apart. */
const ROOM = 8;

/** An extension, of two parts where the first says what is packed. */
const EXTENSION = /(?:\.tar)?\.[A-Za-z0-9]{1,12}$/;

/** The name nearest to `text` that an artifact may have. */
export function artifactName(text: string): string {
  const clean = text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .replace(/[/\\:*?"<>|]+/g, '-')
    .replace(/^[.\s]+|[.\s]+$/gu, '');
  const extension = EXTENSION.exec(clean)?.[0] ?? '';
  const stem = clean.slice(0, clean.length - extension.length);
  const cut = cutTo(stem, MAX_LENGTH - ROOM - extension.length).replace(/[.\s]+$/u, '');
  const name = `${cut}${extension}`.replace(/^[.\s]+/u, '');
  return ArtifactName.safeParse(name).success ? name : 'artifact';
}

/** Cuts to a number of UTF-16 units, never within a character. */
function cutTo(text: string, length: number): string {
  const cut = text.slice(0, length);
  return cut.isWellFormed() ? cut : cut.slice(0, -1);
}

/**
 * Names for files by their paths, each unique whatever the case: the file's own name; where that is taken,
 * with its folder before it; where that is taken, too, with a number.
 */
export function uniqueNames(paths: readonly string[], taken: Iterable<string> = []): string[] {
  const used = new Set([...taken].map(fold));
  return paths.map((path) => {
    const parts = path.split('/');
    const own = artifactName(parts.at(-1) ?? '');
    const candidates = [own, artifactName(parts.slice(-2).join('-'))];
    const name = candidates.find((candidate) => !used.has(fold(candidate))) ?? numbered(own, used);
    used.add(fold(name));
    return name;
  });
}

const fold = (name: string): string => name.normalize('NFC').toLowerCase();

function numbered(name: string, used: ReadonlySet<string>): string {
  const extension = EXTENSION.exec(name)?.[0] ?? '';
  const stem = name.slice(0, name.length - extension.length);
  for (let number = 2; ; number += 1) {
    const candidate = `${stem}-${number}${extension}`;
    if (!used.has(fold(candidate))) return candidate;
  }
}

/** What a site's ZIP is called: by the project's version, else by its commit. */
export function siteName(slug: string, version: string | null, commitHash: string | null): string {
  return artifactName(`${slug}-${version ?? commitHash?.slice(0, 7) ?? 'site'}.zip`);
}
