/** Reads an output of `expo export`: the files of its update, and what the feed has to know of them. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ExpoPlatform, type ExpoPlatformUpdate, type ExpoUpdateMeta, quoted } from '@appflux/protocol';
import { own, say } from '../../masking/sentence.ts';
import { JobFailure, type StepContext } from '../../step-context.ts';
import { contentType } from '../collect/content-type.ts';
import type { OutputFolder } from '../collect/index.ts';
import { readFound } from '../collect/safe-file.ts';
import { smallText } from '../collect/small-text.ts';
import { type PackedFile, walkFolder } from '../collect/walk.ts';
import { exportMetadata, type FileMetadata, jsonOf } from './metadata.ts';
import { asTable, type Config, runtimeVersionOf } from './runtime-version.ts';

/** What `expo export` and `runtimeversion:resolve` write, which lists all assets and all sources of a fingerprint. */
const MAX_METADATA_BYTES = 4 * 1024 * 1024;
/** Each app gets the config with each update. */
const MAX_CONFIG_BYTES = 256 * 1024;

/** An update to publish. */
export interface ExpoUpdate {
  readonly files: readonly PackedFile[];
  readonly meta: ExpoUpdateMeta;
  /** `ExpoUpdateFacts`, for the artifact. */
  readonly facts: Record<string, string>;
}

/**
 * The update in an output folder; null if it is no output of `expo export`, or no runtime version is known, which the
 * log explains.
 * @throws {JobFailure} `artifact_invalid` for an incomplete output; the reason of `ctx.signal` if it aborts
 */
export async function expoUpdate(
  { root, folder, limits, maxBytes }: OutputFolder,
  ctx: StepContext,
): Promise<ExpoUpdate | null> {
  const { signal } = ctx;
  // Most folders have no such file, and need not be walked for it.
  const text = await smallText(join(root, folder, 'metadata.json'), MAX_METADATA_BYTES);
  const metadata = text === null ? null : exportMetadata(text);
  if (metadata === null || metadata.outcome === 'other') return null;
  if (metadata.outcome === 'invalid') {
    throw new JobFailure(
      'artifact_invalid',
      say`${quoted(`${folder}/metadata.json`)} is not one of expo export: ${metadata.problem}`,
    );
  }
  const options = { root, limits, maxBytes, signal, leaveOut: () => false };
  const all = await walkFolder(join(root, folder), folder, options);
  const byPath = new Map(all.map((file) => [file.inside, file]));
  const config = await appConfig(byPath, { root, signal });
  const files = new Map<string, PackedFile>();
  const updates: Partial<Record<ExpoPlatform, ExpoPlatformUpdate>> = {};
  for (const platform of ExpoPlatform.options) {
    const exported = metadata.platforms[platform];
    if (exported === undefined) continue;
    const resolved = await configIn(
      byPath.get(`runtime-version.${platform}.json`),
      MAX_METADATA_BYTES,
      signal,
    );
    const version = runtimeVersionOf(platform, { resolved, config });
    if (!version.ok) {
      ctx.log(
        say`Warning: ${quoted(folder)} is not published as an update for ${platform}: ${own(version.problem)}`,
      );
      continue;
    }
    const { runtimeVersion } = version;
    updates[platform] = { runtimeVersion, ...(await filesOf(exported, byPath, { folder, files, signal })) };
    ctx.log(say`Update for ${platform}, runtime version ${runtimeVersion}.`);
  }
  if (files.size === 0) return null;
  const { android, ios } = updates;
  return {
    files: [...files.values()].sort((a, b) => (a.inside < b.inside ? -1 : 1)),
    meta: { ...updates, expoConfig: config },
    facts: {
      update: 'expo',
      ...(android && { androidRuntime: android.runtimeVersion }),
      ...(ios && { iosRuntime: ios.runtimeVersion }),
    },
  };
}

/** The public app config: what the build has written beside the update, else the source's `app.json`. */
async function appConfig(
  byPath: ReadonlyMap<string, PackedFile>,
  { root, signal }: { readonly root: string; readonly signal: AbortSignal },
): Promise<Config | null> {
  const written = await configIn(byPath.get('expoConfig.json'), MAX_CONFIG_BYTES, signal);
  if (written !== null) return asTable(written.exp) ?? written;
  const text = await smallText(join(root, 'app.json'), MAX_CONFIG_BYTES);
  const source = text === null ? null : asTable(jsonOf(text));
  return asTable(source?.expo) ?? source;
}

async function configIn(
  file: PackedFile | undefined,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Config | null> {
  const text = await textOf(file, maxBytes, signal);
  return text === null ? null : asTable(jsonOf(text));
}

/** The files of a platform's update, with the keys by which the app's code finds them. */
async function filesOf(
  { bundle, assets }: FileMetadata,
  byPath: ReadonlyMap<string, PackedFile>,
  {
    folder,
    files,
    signal,
  }: { readonly folder: string; readonly files: Map<string, PackedFile>; readonly signal: AbortSignal },
): Promise<Pick<ExpoPlatformUpdate, 'bundle' | 'assets'>> {
  const keyOf = async (path: string): Promise<string> => {
    const file = byPath.get(path);
    if (file === undefined) {
      throw new JobFailure(
        'artifact_invalid',
        say`${quoted(folder)} lacks ${quoted(path)}, which its metadata.json lists.`,
        {
          hint: own('Export again into an empty folder.'),
        },
      );
    }
    files.set(path, file);
    const hash = createHash('md5');
    for await (const chunk of readFound(file, signal)) hash.update(chunk);
    return hash.digest('hex');
  };
  const known: ExpoPlatformUpdate['assets'] = [];
  for (const { path, ext } of assets) {
    const key = await keyOf(path);
    known.push({ path, key, contentType: contentType(`x.${ext}`), extension: ext });
  }
  return { bundle: { path: bundle, key: await keyOf(bundle) }, assets: known };
}

/** The text of a file that is not larger; null if it is, or there is none. */
async function textOf(
  file: PackedFile | undefined,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string | null> {
  if (file === undefined || Number(file.stats.size) > maxBytes) return null;
  const chunks: Buffer[] = [];
  for await (const chunk of readFound(file, signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
