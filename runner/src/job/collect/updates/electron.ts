/** The `latest*.yml` that electron-builder writes beside the files of a channel (https://www.electron.build/auto-update). */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Data, parseYaml } from '@appflux/detection';
import { ElectronFeed, UpdateFacts } from '@appflux/protocol';
import type { FoundFile } from '../safe-file.ts';
import { smallText } from '../small-text.ts';

/** `latest.yml`, `beta-mac.yml`, `latest-linux-arm64.yml`: a channel, and what it is for. */
const CHANNEL_FILE = /^[a-z0-9]{1,40}(?:-(mac)|-(linux)(?:-([a-z0-9]{1,20}))?)?\.yml$/;

/** A build has one for each channel, system and processor. */
const MAX_CHANNEL_FILES = 20;
const MAX_BYTES = 32 * 1024;

/** What a channel file says of a file. */
export interface Listed {
  /** The channel file's name. */
  readonly source: string;
  /** Whether it has the file's SHA-512. Then `facts` are about this file, else about one that it was before. */
  readonly agrees: boolean;
  readonly facts: UpdateFacts;
}

/** What the channel files beside a file say of it; null if none lists it. */
export async function listedFacts(file: FoundFile, sha512: string): Promise<Listed | null> {
  const folder = dirname(file.real);
  const names = (await readdir(folder)).filter((name) => CHANNEL_FILE.test(name)).sort();
  let other: Listed | null = null;
  for (const name of names.slice(0, MAX_CHANNEL_FILES)) {
    const text = await smallText(join(folder, name), MAX_BYTES);
    const listed = text === null ? null : factsIn(name, text, basename(file.real), sha512);
    if (listed?.agrees === true) return listed;
    other ??= listed;
  }
  return other;
}

/** What a channel file's text says of a file: by its SHA-512, else by its name. */
export function factsIn(source: string, text: string, name: string, sha512: string): Listed | null {
  const info = parseYaml(text);
  const files = Array.isArray(info?.files) ? (info.files as unknown[]).filter(isTable) : [];
  const entry = files.find((file) => file.sha512 === sha512) ?? files.find(({ url }) => isNamed(url, name));
  if (info === null || entry === undefined) return null;
  const { blockMapSize, isAdminRightsRequired } = entry;
  const { version: updateVersion, minimumSystemVersion } = info;
  return {
    source,
    agrees: entry.sha512 === sha512,
    facts: UpdateFacts.parse({
      updateFeed: feedOf(source),
      updateVersion,
      blockMapSize,
      isAdminRightsRequired,
      minimumSystemVersion,
    }),
  };
}

/** The feed that a channel file is for; none if its name says another processor than there are. */
export function feedOf(source: string): ElectronFeed | undefined {
  const match = CHANNEL_FILE.exec(source);
  if (match === null) return undefined;
  const [, mac, linux, processor = 'x64'] = match;
  const feed = mac === undefined ? (linux === undefined ? 'windows' : `linux-${processor}`) : 'mac';
  return ElectronFeed.safeParse(feed).data;
}

const isTable = (value: unknown): value is Data => typeof value === 'object' && value !== null;

/** Whether a channel file's `url` is this name; it may be encoded as in a URL. */
function isNamed(url: unknown, name: string): boolean {
  if (typeof url !== 'string') return false;
  return url === name || (URL.canParse(url, 'http://x') && encodedName(url) === encodeURI(name));
}

const encodedName = (url: string): string => basename(new URL(url, 'http://x').pathname);
