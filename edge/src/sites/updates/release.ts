/** What update feeds are made from: an App's release and its files. */
import type { UpdateFacts } from '@appflux/protocol';
import { updateFactsOf } from '@appflux/protocol';
import semver from 'semver';
import type { ArtifactRecord, DeploymentRecord } from '../../metadata/metadata.ts';

/** A file of a release, with what feeds need to know of it. */
export interface FeedFile {
  readonly name: string;
  readonly size: number;
  /** Where it is downloaded. */
  readonly url: string;
  readonly facts: UpdateFacts;
  /** `linux`, `windows`, `macos` or `android`; null where its name says nothing. */
  readonly platform: string | null;
  /** `x64`, `arm64`, `armv7l`, `ia32` or `universal`; null where nothing says it. */
  readonly arch: string | null;
  /** The version that the file itself contains, if it is one by Semantic Versioning. */
  readonly version: string | null;
}

export interface FeedRelease {
  /** The release's version, if it is one by Semantic Versioning; updaters take no other. */
  readonly version: string | null;
  /** When it was released. */
  readonly date: string;
  /** Release notes in Markdown, if there are any. */
  readonly notes: string | null;
  readonly files: readonly FeedFile[];
}

/** A release as feeds see it. `publicUrl` is the instance's own address, without a slash at its end. */
export function feedRelease(
  release: Pick<DeploymentRecord, 'id' | 'version' | 'artifacts' | 'finishedAt' | 'createdAt'>,
  publicUrl: string,
  { releasedAt, notes }: { readonly releasedAt: string | null; readonly notes: string | null },
): FeedRelease {
  return {
    version: semver.valid(release.version),
    date: releasedAt ?? release.finishedAt ?? release.createdAt,
    notes,
    files: release.artifacts.map((artifact) => feedFile(artifact, `${publicUrl}/dl/${release.id}/`)),
  };
}

function feedFile({ name, size, meta }: ArtifactRecord, folder: string): FeedFile {
  const facts = updateFactsOf(meta);
  return {
    name,
    size,
    url: folder + encodeURIComponent(name),
    facts,
    platform: textOf(meta.platform),
    arch: textOf(meta.arch),
    version: semver.valid(facts.updateVersion) ?? semver.valid(textOf(meta.version)),
  };
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
