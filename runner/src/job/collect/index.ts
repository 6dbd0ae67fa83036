/** Fifth step of a job: collects the build's outputs for upload. */
import { createHash } from 'node:crypto';
import { mkdir, open, realpath, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { compileGlob } from '@appflux/detection';
import { formatBytes, listed, type Plan, quoted } from '@appflux/protocol';
import { type Mask, own, say } from '../../masking/sentence.ts';
import { type CollectedArtifact, JobFailure, type StepContext } from '../../step-context.ts';
import { contentType } from './content-type.ts';
import { factsOfContent } from './contents/index.ts';
import { findMatches, type Matches } from './find.ts';
import { isPrivate, isRepository } from './left-out.ts';
import { COLLECT_LIMITS, type CollectLimits } from './limits.ts';
import { type Folders, hasStartPage, madeSite } from './made-site.ts';
import { noArtifact } from './missing.ts';
import { factsOfPath, rankOf } from './name-facts.ts';
import { siteName, uniqueNames } from './names.ts';
import { noFolder, noStartPage } from './not-a-site.ts';
import { packZip } from './pack.ts';
import { type FoundFile, readFound } from './safe-file.ts';
import { feedHash, updateFacts } from './updates/index.ts';
import { tooLarge, walkFolder } from './walk.ts';

/** A folder to publish as a site. */
export interface OutputFolder {
  /** The root directory: an absolute path without links. */
  readonly root: string;
  /** Relative to it, '' for itself. */
  readonly folder: string;
  /** Whether the folder is published as it is in the source: no build has made it. */
  readonly isSource: boolean;
  /** The name of the artifact. */
  readonly name: string;
  /** Where it is written. */
  readonly path: string;
  /** What the files may weigh, and the artifact. */
  readonly maxBytes: number;
  readonly limits: CollectLimits;
}

/** Packs a folder for publishing; undefined if it has no start page, or the edge publishes no sites. */
export type PublishFolder = (
  folder: OutputFolder,
  ctx: StepContext,
) => Promise<CollectedArtifact | undefined>;

export interface CollectInput {
  /** The root directory, where the build ran: an absolute path without links, as `prepareSource` gives it. */
  readonly root: string;
  readonly plan: Plan;
  /**
   * The folders before the build, where no setting names the outputs: then the one site that the build has made counts,
   * if the plan's outputs have none. Absent or null: only the plan's outputs count.
   */
  readonly foldersBefore?: Folders | null;
  /** The outputs were built elsewhere: what a folder holds is never the source. */
  readonly isBuilt?: boolean;
  readonly app: { readonly slug: string };
  readonly version: string | null;
  readonly commitHash: string | null;
  /** What all artifacts together may weigh, packed and unpacked. */
  readonly maxBytes: number;
  /** Where artifacts are written, in a folder of their own; the build never saw it. */
  readonly outDir: string;
  /** Hides secrets in a path: a build may name a file after one, and names are public. */
  readonly mask: Mask;
  /** Packs a folder for publishing; absent where sites are delivered as ZIPs. */
  readonly publish?: PublishFolder;
  /** Packs a folder with an update of an Expo app for publishing; absent where it is delivered as a ZIP. */
  readonly publishUpdate?: PublishFolder;
  readonly limits?: CollectLimits;
}

/**
 * Collects what the plan's outputs name. A site is the first folder that holds a file, packed for publishing, or as a
 * ZIP if it has no start page or the edge publishes no sites; for other types every file that is named is an artifact, and every folder a ZIP. All are copied out of the
 * build's reach, with their SHA-256.
 * @throws {JobFailure} `no_artifact` if there is nothing, `artifact_invalid` for what must not be delivered;
 * the reason of `ctx.signal` if it aborts.
 */
export async function collectArtifacts(input: CollectInput, ctx: StepContext): Promise<CollectedArtifact[]> {
  const folder = join(input.outDir, 'artifacts');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const collector = new Collector(input, await sameRoot(input.root), folder, ctx);
  const artifacts = isSite(input.plan) ? await collector.site() : await collector.everything();
  for (const { name, size, sha256, site } of artifacts) {
    if (site !== undefined) continue;
    ctx.log(say`Collected ${name}, ${own(formatBytes(size))}, SHA-256 ${own(sha256)}.`);
  }
  return artifacts;
}

const isSite = ({ type }: Plan): boolean => type === 'web' || type === 'pwa';

/**
 * Checks the root directory again: the build may have replaced it with a link, which would lead somewhere else
 * here than in its container.
 */
async function sameRoot(root: string): Promise<string> {
  const real = await realpath(root).catch(() => null);
  if (real === resolve(root)) return real;
  throw new JobFailure(
    'artifact_invalid',
    real === null
      ? own('The build removed the root directory.')
      : own('The build replaced the root directory with a link.'),
  );
}

const shownFolder = (folder: string): string => (folder === '' ? '.' : folder);

class Collector {
  readonly #input: CollectInput;
  readonly #root: string;
  readonly #folder: string;
  readonly #ctx: StepContext;
  readonly #limits: CollectLimits;
  readonly #empty: string[] = [];
  #bytesLeft: number;

  constructor(input: CollectInput, root: string, folder: string, ctx: StepContext) {
    this.#input = input;
    this.#root = root;
    this.#folder = folder;
    this.#ctx = ctx;
    this.#limits = input.limits ?? COLLECT_LIMITS;
    this.#bytesLeft = input.maxBytes;
  }

  /** The first folder that holds a file, as one ZIP; else the files that are named. */
  async site(): Promise<CollectedArtifact[]> {
    const { plan, app, version, commitHash } = this.#input;
    const files: FoundFile[] = [];
    const made = await this.#madeElsewhere();
    for (const output of made === null ? plan.outputs : [made]) {
      const matches = await this.#find(output);
      for (const folder of matches.folders) {
        const name = siteName(app.slug, version, commitHash);
        const published = await this.#publish(this.#input.publish, folder, name);
        const artifact = published ?? (await this.#pack(folder, name));
        if (artifact !== null) return [artifact];
      }
      files.push(...matches.files);
    }
    if (files.length > 0) this.#ctx.log(noFolder(files.map(({ path }) => path)));
    return this.#files(files, []);
  }

  /** The folder of the one site that the build has made, where it is in none of the plan's outputs; else null. */
  async #madeElsewhere(): Promise<string | null> {
    const { plan, foldersBefore = null } = this.#input;
    if (foldersBefore === null) return null;
    for (const output of plan.outputs) if (await hasStartPage(this.#root, output)) return null;
    const made = await madeSite(this.#root, foldersBefore, this.#ctx.signal);
    if (made !== null)
      this.#ctx.log(
        say`The build created no site in ${listed(plan.outputs, 8)}. Of the folders that it created, only ${quoted(made)} has an index.html, so that one is published. To publish another, set outputs in the app or in appflux.json.`,
      );
    return made;
  }

  /** Packs a folder for publishing; undefined if it can't be published in this way. */
  #publish(
    publish: PublishFolder | undefined,
    folder: string,
    name: string,
  ): Promise<CollectedArtifact | undefined> | undefined {
    return publish?.(
      {
        root: this.#root,
        folder,
        isSource: this.#isSource(folder),
        name,
        path: join(this.#folder, name),
        maxBytes: this.#input.maxBytes,
        limits: this.#limits,
      },
      this.#ctx,
    );
  }

  /** Whether a folder is published as it is in the source. */
  #isSource(folder: string): boolean {
    const { plan, isBuilt = false } = this.#input;
    return !isBuilt && (folder === '' || plan.buildCommand === null);
  }

  /** Every file and every folder that is named. */
  async everything(): Promise<CollectedArtifact[]> {
    const { plan, app, version, mask } = this.#input;
    const files: FoundFile[] = [];
    const packed: CollectedArtifact[] = [];
    let update: CollectedArtifact | undefined;
    for (const output of plan.outputs) {
      const matches = await this.#find(output);
      files.push(...matches.files);
      // A glob names the files in a folder; only a plain path means the folder as a whole.
      if (!compileGlob(output).isLiteral) continue;
      for (const folder of matches.folders) {
        const own = folder.split('/').at(-1) ?? '';
        const wanted = [app.slug, version, own].filter((part) => part !== null && part !== '').join('-');
        const [name = 'artifact'] = uniqueNames(
          [mask(`${wanted}.zip`)],
          [...packed, ...(update ? [update] : [])].map((artifact) => artifact.name),
        );
        // A deployment publishes one update.
        const published = update ? undefined : await this.#publish(this.#input.publishUpdate, folder, name);
        if (published !== undefined) {
          update = published;
          this.#bytesLeft -= published.size;
          continue;
        }
        const artifact = await this.#pack(folder, name);
        if (artifact !== null) packed.push(artifact);
      }
    }
    return this.#files(files, packed, update);
  }

  #find(output: string): Promise<Matches> {
    return findMatches(this.#root, compileGlob(output), this.#limits, this.#ctx.signal);
  }

  /** Packs a folder; null if it holds no file. */
  async #pack(folder: string, name: string): Promise<CollectedArtifact | null> {
    const { signal } = this.#ctx;
    const shown = shownFolder(folder);
    const leftOut: string[] = [];
    const isSource = this.#isSource(folder);
    const files = await walkFolder(join(this.#root, folder), shown, {
      root: this.#root,
      limits: this.#limits,
      maxBytes: this.#bytesLeft,
      signal,
      leaveOut: (inside) => {
        const isLeft = isSource ? isPrivate(inside) : isRepository(inside);
        if (isLeft) leftOut.push(inside);
        return isLeft;
      },
    });
    if (files.length === 0) {
      this.#empty.push(shown);
      return null;
    }
    if (leftOut.length > 0) this.#ctx.log(say`Left out of ${quoted(shown)}: ${listed(leftOut)}.`);
    const entry = files.some(({ inside }) => inside === 'index.html') ? { entry: 'index.html' } : {};
    const unpackedBytes = files.reduce((sum, { stats }) => sum + Number(stats.size), 0);
    this.#ctx.log(
      say`Packing ${quoted(shown)}: ${files.length} ${files.length === 1 ? 'file' : 'files'}, ${own(formatBytes(unpackedBytes))}.`,
    );
    const site = isSite(this.#input.plan);
    if (site && !('entry' in entry))
      this.#ctx.log(
        noStartPage(
          shown,
          files.map(({ inside }) => inside),
        ),
      );
    const path = join(this.#folder, name);
    const keepExecutable = !site;
    const options = { maxBytes: this.#bytesLeft, signal, keepExecutable };
    const { size, sha256 } = await packZip(files, path, options);
    this.#bytesLeft -= size;
    const meta = { files: files.length, unpackedBytes, ...entry };
    return { name, path, size, sha256, contentType: 'application/zip', meta };
  }

  /** Copies files that are named, once each, and adds them to what is packed already. An update comes last. */
  async #files(
    files: readonly FoundFile[],
    packed: readonly CollectedArtifact[],
    update?: CollectedArtifact,
  ): Promise<CollectedArtifact[]> {
    const last = update === undefined ? [] : [update];
    const once = [...new Map(files.map((file) => [file.real, file])).values()].sort(
      (a, b) => rankOf(a.path) - rankOf(b.path),
    );
    const count = once.length + packed.length + last.length;
    if (count === 0) {
      const { plan, foldersBefore: before = null } = this.#input;
      throw await noArtifact({ root: this.#root, outputs: plan.outputs, empty: this.#empty, before });
    }
    if (count > this.#limits.artifacts) {
      throw new JobFailure(
        'artifact_invalid',
        say`The outputs match ${count} files. The limit is ${this.#limits.artifacts}.`,
        {
          hint: own('Match fewer files, or set a folder, which is packed into one ZIP.'),
        },
      );
    }
    const names = uniqueNames(
      once.map(({ path }) => this.#input.mask(path)),
      [...packed, ...last].map(({ name }) => name),
    );
    const artifacts = [...packed];
    for (const [index, file] of once.entries())
      artifacts.push(await this.#copy(file, names[index] ?? 'artifact'));
    return [...artifacts, ...last];
  }

  async #copy(file: FoundFile, name: string): Promise<CollectedArtifact> {
    const size = Number(file.stats.size);
    if (size > this.#bytesLeft) throw tooLarge(this.#input.maxBytes);
    this.#bytesLeft -= size;
    const path = join(this.#folder, name);
    const hash = createHash('sha256');
    const forFeed = feedHash(file.path);
    const target = await open(path, 'wx', 0o600);
    try {
      for await (const chunk of readFound(file, this.#ctx.signal)) {
        hash.update(chunk);
        forFeed?.update(chunk);
        await target.writeFile(chunk);
      }
    } finally {
      await target.close();
    }
    const { mask } = this.#input;
    const { log } = this.#ctx;
    return {
      name,
      path,
      size,
      sha256: hash.digest('hex'),
      contentType: contentType(name),
      // What the file says of itself is more than what its path says.
      meta: {
        ...factsOfPath(mask(file.path)),
        ...(await factsOfContent(path, name, { mask, log })),
        ...(await updateFacts(file, forFeed, { mask, log })),
      },
    };
  }
}
