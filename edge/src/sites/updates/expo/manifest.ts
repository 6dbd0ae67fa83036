/**
 * The bodies of the protocol: manifests and directives.
 * Source: https://docs.expo.dev/technical-specs/expo-updates-1/#manifest-body. Pure.
 */
import { createHash } from 'node:crypto';
import type { Environment, ExpoPlatform, ExpoUpdateMeta } from '@appflux/protocol';

export interface ManifestAsset {
  readonly hash: string;
  readonly key: string;
  readonly contentType: string;
  readonly fileExtension?: string;
  readonly url: string;
}

export interface ExpoManifest {
  readonly id: string;
  readonly createdAt: string;
  readonly runtimeVersion: string;
  readonly launchAsset: ManifestAsset;
  readonly assets: readonly ManifestAsset[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly extra: Readonly<Record<string, unknown>>;
}

export type ExpoDirective =
  | { readonly type: 'noUpdateAvailable' }
  | { readonly type: 'rollBackToEmbedded'; readonly parameters: { readonly commitTime: string } };

/** What a manifest is made from. */
export interface PublishedUpdate {
  readonly platform: ExpoPlatform;
  readonly channel: Environment;
  readonly meta: ExpoUpdateMeta;
  /** The SHA-256 of each file by its path, in hexadecimal. */
  readonly sha256: ReadonlyMap<string, string>;
  /** Since when this update is current. Apps load an update only if it is newer than theirs. */
  readonly createdAt: string;
  /** Where an asset is downloaded, by its SHA-256. */
  readonly urlOf: (sha256: string) => string;
}

/** The manifest of an update; null if its publication has no update for the platform, or lacks a file of it. */
export function expoManifest(update: PublishedUpdate): ExpoManifest | null {
  const { platform, channel, meta, sha256, createdAt, urlOf } = update;
  const own = meta[platform];
  if (own === undefined) return null;
  const place = (path: string) => {
    const hash = sha256.get(path);
    return hash === undefined
      ? null
      : { hash: Buffer.from(hash, 'hex').toString('base64url'), url: urlOf(hash) };
  };
  const launch = place(own.bundle.path);
  const assets = own.assets.map(({ path, key, contentType, extension }) => {
    const at = place(path);
    return at && { ...at, key, contentType, ...(extension === '' ? {} : { fileExtension: `.${extension}` }) };
  });
  if (launch === null || !assets.every((asset) => asset !== null)) return null;
  const content = {
    createdAt,
    runtimeVersion: own.runtimeVersion,
    launchAsset: { ...launch, key: own.bundle.key, contentType: 'application/javascript' },
    assets,
    // With the filter in the headers, an app that changes its channel ignores what it has of the other one.
    metadata: { channel },
    extra: meta.expoConfig === null ? {} : { expoClient: meta.expoConfig },
  };
  return { id: idOf(platform, content), ...content };
}

/** A UUID of the content. The URLs are not part of it: they may change without the update. */
function idOf(platform: ExpoPlatform, content: Omit<ExpoManifest, 'id'>): string {
  const { launchAsset, assets, ...rest } = content;
  const named = [launchAsset, ...assets].map(({ key, hash, contentType, fileExtension }) => [
    key,
    hash,
    contentType,
    fileExtension,
  ]);
  const hash = createHash('sha256')
    .update(JSON.stringify([platform, named, rest]))
    .digest();
  // Version 8: a UUID of one's own making (RFC 9562 §5.8).
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const text = hash.toString('hex');
  return [
    text.slice(0, 8),
    text.slice(8, 12),
    text.slice(12, 16),
    text.slice(16, 20),
    text.slice(20, 32),
  ].join('-');
}
