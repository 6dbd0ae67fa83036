/** Publishes an output folder: packs what storage doesn't have yet, for the edge to continue the base with. */
import { isDeepStrictEqual } from 'node:util';
import {
  EMPTY_RULES,
  formatBytes,
  formatElapsed,
  formatNumber,
  isSitePath,
  listed,
  MAX_SITE_FILES,
  quoted,
  type ServerSpec,
  SITE_PACK_TYPE,
  type SiteKind,
  type SiteRules,
} from '@appflux/protocol';
import { own, say, type Text } from '../../masking/sentence.ts';
import { type CollectedArtifact, JobFailure, type PackedSite, type StepContext } from '../../step-context.ts';
import type { PackedFile } from '../collect/walk.ts';
import { type Base, type BaseOptions, siteBase } from './base.ts';
import { type HashedFile, hashFiles } from './contents.ts';
import { type SiteDelta, siteDelta } from './delta.ts';
import { writePack } from './pack.ts';

/** What is published. */
export interface Publication {
  readonly kind: SiteKind;
  readonly files: readonly PackedFile[];
  readonly rules: SiteRules;
  /** How the site's server is run, whose modules are among the files. */
  readonly server?: ServerSpec;
  /** For the reader of its kind. */
  readonly meta?: Record<string, unknown>;
  /** Further facts for the artifact's `meta`. */
  readonly facts?: Record<string, string | number | boolean>;
}

export interface PublishOptions extends BaseOptions {
  /** The name of the artifact that the edge makes of it: a ZIP. */
  readonly name: string;
  /** The folder's path, for messages. */
  readonly shown: string;
  /** Where the pack is written. */
  readonly path: string;
  readonly maxBytes: number;
}

/**
 * Packs a publication. Undefined if the edge is of a version that doesn't publish sites.
 * @throws {JobFailure} `artifact_invalid` for what can't be published; the reason of `ctx.signal` if it aborts
 */
export async function packPublication(
  publication: Publication,
  options: PublishOptions,
  ctx: StepContext,
): Promise<CollectedArtifact | undefined> {
  const { files } = publication;
  assertPublishable(files);
  warnOfTwins(files, ctx);
  const hashed = await hashFiles(files, ctx.signal);
  const pack = async (within: StepContext): Promise<CollectedArtifact | undefined> => {
    const base = await siteBase(options, within);
    return base === undefined ? undefined : packed(publication, hashed, base, options, within, pack);
  };
  return pack(ctx);
}

/** @param again packs the same files for another base, if the edge refuses this one */
async function packed(
  publication: Publication,
  hashed: readonly HashedFile[],
  base: Base | null,
  options: PublishOptions,
  ctx: StepContext,
  again: PackedSite['repack'],
): Promise<CollectedArtifact> {
  const { kind, rules, meta, facts, server } = publication;
  const { name, path, maxBytes, shown } = options;
  const startedAt = performance.now();
  const delta = siteDelta(base?.manifest ?? null, hashed);
  ctx.log(describeDelta(shown, hashed, delta));
  const byPath = new Map(hashed.map((file) => [file.path, file]));
  const add = delta.add.flatMap((one) => byPath.get(one) ?? []);
  const index = {
    version: 1 as const,
    kind,
    base: base && { deploymentId: base.manifest.deploymentId, sha256: base.sha256 },
    copy: [...delta.copy],
    remove: [...delta.remove],
    rules: isDeepStrictEqual(rules, base?.manifest.rules ?? EMPTY_RULES) ? null : rules,
    ...(meta !== undefined && { meta }),
    ...(server !== undefined && { server }),
  };
  const { size, sha256, contents } = await writePack(add, index, { path, maxBytes, signal: ctx.signal });
  if (add.length > 0) {
    const took = formatElapsed(performance.now() - startedAt);
    ctx.log(say`Compressed ${count(add.length, 'file')} to ${own(formatBytes(size))} in ${own(took)}.`);
  }
  const unpackedBytes = hashed.reduce((sum, file) => sum + file.size, 0);
  return {
    name,
    path,
    size,
    sha256,
    contentType: SITE_PACK_TYPE,
    meta: { files: hashed.length, unpackedBytes, ...(kind === 'site' && { entry: 'index.html' }), ...facts },
    site: { contents, repack: again },
  };
}

/** `Publishing "dist": 1,000 files, 5.2 MB: 3 new (12 kB), 997 unchanged.` */
function describeDelta(shown: string, files: readonly HashedFile[], delta: SiteDelta): Text {
  const { newFiles, newBytes } = delta;
  const size = own(formatBytes(files.reduce((sum, file) => sum + file.size, 0)));
  const known = files.length - newFiles;
  const fresh = say`${own(formatNumber(newFiles))} new (${own(formatBytes(newBytes))})`;
  const change =
    newFiles === 0
      ? own('all unchanged')
      : known === 0
        ? own('all new')
        : say`${fresh}, ${own(formatNumber(known))} unchanged`;
  const gone = delta.remove.length === 0 ? '' : own(`, ${formatNumber(delta.remove.length)} removed`);
  return say`Publishing ${quoted(shown)}: ${count(files.length, 'file')}, ${size}: ${change}${gone}.`;
}

const count = (number: number, what: string): Text =>
  own(`${formatNumber(number)} ${what}${number === 1 ? '' : 's'}`);

function assertPublishable(files: readonly PackedFile[]): void {
  if (files.length > MAX_SITE_FILES) {
    throw new JobFailure(
      'artifact_invalid',
      say`The output has ${own(formatNumber(files.length))} files. A site can have ${own(formatNumber(MAX_SITE_FILES))}.`,
      {
        hint: own(
          'Publish fewer files: leave out what no page uses, or serve large collections from storage of your own.',
        ),
      },
    );
  }
  const unfit = files.find(({ inside }) => !isSitePath(inside));
  if (unfit === undefined) return;
  throw new JobFailure(
    'artifact_invalid',
    say`The output contains a name that can’t be published: ${quoted(unfit.path)}.`,
    {
      hint: own('Use UTF-8 names without backslashes and control characters.'),
    },
  );
}

/** Names that differ only in case are two URLs here, and one file where somebody unpacks the site's ZIP. */
function warnOfTwins(files: readonly PackedFile[], ctx: StepContext): void {
  const seen = new Map<string, string>();
  const twins = files.flatMap(({ inside }) => {
    const folded = inside.normalize('NFC').toLowerCase();
    const twin = seen.get(folded);
    seen.set(folded, inside);
    return twin === undefined ? [] : [twin, inside];
  });
  if (twins.length > 0) {
    ctx.log(
      say`Warning: names that differ only in case or in how accents are encoded: ${listed([...new Set(twins)])}. They are different URLs, but the ZIP of the site can’t be unpacked completely on Windows and macOS.`,
    );
  }
}
