/** Which of a release's files suits the device that the visitor holds. */
import { type FileKind, fileKind, type RankedKind, type System } from './file-kind.ts';

/** `Sec-CH-UA-Platform` values. Source: https://wicg.github.io/ua-client-hints/#sec-ch-ua-platform */
const HINTED: Readonly<Record<string, System>> = {
  Android: 'android',
  iOS: 'ios',
  Windows: 'windows',
  macOS: 'mac',
  Linux: 'linux',
  'Chrome OS': 'linux',
  'Chromium OS': 'linux',
};

/** Words of User-Agent; Android calls itself Linux too, and iPads call themselves Macintosh unless asked not to. */
const NAMED: readonly (readonly [RegExp, System])[] = [
  [/\bAndroid\b/, 'android'],
  [/\b(?:iPhone|iPad|iPod)\b/, 'ios'],
  [/\bWindows\b/, 'windows'],
  [/\b(?:Macintosh|Mac OS X)\b/, 'mac'],
  [/\b(?:Linux|X11|CrOS)\b/, 'linux'],
];

/** The visitor's system, by client hint, else by User-Agent; null when neither says. */
export function systemOf(headers: Headers): System | null {
  const hint = headers.get('Sec-CH-UA-Platform')?.replaceAll('"', '') ?? '';
  const agent = headers.get('User-Agent') ?? '';
  // A hint is any text that a client sends: only own properties count.
  if (Object.hasOwn(HINTED, hint)) return HINTED[hint] ?? null;
  return NAMED.find(([words]) => words.test(agent))?.[1] ?? null;
}

/** Builds for several processors: the one that most devices of a system run comes first. */
const USUAL_PROCESSOR: Readonly<Record<System, RegExp>> = {
  android: /arm64|aarch64/i,
  ios: /arm64|aarch64/i,
  mac: /arm64|aarch64/i,
  windows: /x64|x86[_-]64|amd64|win64/i,
  linux: /x64|x86[_-]64|amd64/i,
};
const ANY_PROCESSOR = /universal/i;
const SOME_PROCESSOR = /arm|aarch64|x86|x64|amd64|i[36]86|ia32|win32|win64|riscv/i;

/** A file in the order in which it is offered. */
interface Offer<File> {
  file: File;
  kind: RankedKind;
}

/**
 * The file to offer first, and the others in their order. Where no file is for the visitor's system, the first is
 * the one that anybody would be offered, and `suits` is false. Files of equal standing keep their order.
 */
export function offerFor<File extends { name: string }>(
  system: System | null,
  files: readonly File[],
): { best: File | null; suits: boolean; others: File[] } {
  const offers = files.map((file) => ({ file, kind: fileKind(file.name) }));
  const best = firstFor(system, offers);
  const chosen = best ?? firstFor(null, offers) ?? offers[0];
  return {
    best: chosen?.file ?? null,
    suits: best !== undefined || system === null,
    others: offers.filter((offer) => offer !== chosen).map(({ file }) => file),
  };
}

/** The first file that is made for a system and that a visitor can open there; null when there is none. */
export function fileFor<File extends { name: string }>(system: System, files: readonly File[]): File | null {
  const offers = files.map((file) => ({ file, kind: fileKind(file.name) }));
  return (
    firstFor(
      system,
      offers.filter(({ kind }) => kind.system === system),
    )?.file ?? null
  );
}

const firstFor = <File extends { name: string }>(
  system: System | null,
  offers: readonly Offer<File>[],
): Offer<File> | undefined =>
  offers
    .filter(({ kind }) => suits(kind, system))
    .toSorted((a, b) => standing(a, system) - standing(b, system))[0];

const suits = (kind: FileKind, system: System | null): boolean =>
  kind.use !== 'other' && (system === null || kind.system === system || kind.system === null);

/** Lower comes first: what is made for the system, then by kind, then by processor. */
function standing({ file, kind }: Offer<{ name: string }>, system: System | null): number {
  const madeForIt = kind.system !== null ? 0 : 1;
  return (madeForIt * 100 + (system === null ? 0 : kind.rank)) * 10 + processor(file.name, kind.system);
}

function processor(name: string, system: System | null): number {
  if (ANY_PROCESSOR.test(name) || !SOME_PROCESSOR.test(name)) return 0;
  return system !== null && USUAL_PROCESSOR[system].test(name) ? 1 : 2;
}
