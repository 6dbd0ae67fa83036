/** The sites that the fake edge publishes, as an app's object and storage keep them. */
import { createHash } from 'node:crypto';
import { brotliDecompressSync, inflateRawSync } from 'node:zlib';
import {
  applySiteIndex,
  encodeSiteManifest,
  type RunnerToDeployment,
  readSiteIndex,
  SITE_BASE,
  SITE_BASE_GONE,
  type SiteBase,
  type SiteFile,
  type SiteIndex,
  type SiteManifest,
  siteFile,
} from '@appflux/protocol';
import type { FakeEdge } from './fake-edge.ts';

type BaseFrame = Extract<RunnerToDeployment, { type: 'site_base' }>;

export class FakeSites {
  /** What the edge says that it accepts. */
  accepts: readonly string[] | undefined = [SITE_BASE];
  /** Doesn't answer questions for a base. */
  silent = false;
  /** How many packs are refused because their base is gone. */
  refusals = 0;
  /** How many packs are lost between their upload and the report of it. */
  lostPacks = 0;
  /** How many reports of a pack are carried out and answered as if storage had failed: its parts are joined then. */
  lostAnswers = 0;
  /** Where a runner finds the base's manifest; changed by tests of what goes wrong. */
  base: SiteBase | null = null;
  /** The questions that came. */
  readonly questions: BaseFrame[] = [];
  /** The last publication. */
  manifest: SiteManifest | null = null;
  /** What was published last, as it came. */
  index: SiteIndex | undefined;
  readonly #packs = new Map<string, Buffer>();
  readonly #edge: FakeEdge;

  constructor(edge: FakeEdge) {
    this.#edge = edge;
  }

  baseOf(frame: BaseFrame): SiteBase | null {
    this.questions.push(frame);
    return this.base;
  }

  refusal(): string | undefined {
    if (this.refusals === 0) return undefined;
    this.refusals -= 1;
    return `${SITE_BASE_GONE} removed`;
  }

  losesAnswer(): boolean {
    if (this.lostAnswers === 0) return false;
    this.lostAnswers -= 1;
    // NoSuchUpload, for as many parts as are put in parallel.
    this.#edge.storageFaults.push(404, 404, 404, 404);
    return true;
  }

  /** Publishes a pack, which becomes the next base. */
  async publish(pack: Buffer, deploymentId: string): Promise<SiteManifest> {
    const read = await readSiteIndex(new Uint8Array(pack));
    if (read.outcome === 'invalid') throw new Error(read.message);
    const { index, blobsStart } = read;
    this.index = index;
    const key = `packs/${deploymentId}`;
    const base = index.base === null ? null : this.manifest;
    const applied = applySiteIndex(base, index, { key, size: pack.length, blobsStart }, deploymentId);
    if (applied.outcome === 'invalid') throw new Error(applied.message);
    this.#packs.set(key, pack);
    this.manifest = applied.manifest;
    const stored = Buffer.from(await encodeSiteManifest(applied.manifest));
    const name = `${deploymentId}.json.gz`;
    this.#edge.sources.set(name, stored);
    this.base = {
      deploymentId,
      url: this.#edge.sourceUrl(name),
      size: stored.length,
      sha256: createHash('sha256').update(stored).digest('hex'),
    };
    return applied.manifest;
  }

  /** The published files by path. Every form in which a content is stored is checked against its digest. */
  files(): Map<string, string> {
    const manifest = this.manifest;
    if (manifest === null) throw new Error('nothing is published');
    return new Map(manifest.files.map(siteFile).map((file) => [file.path, this.#content(manifest, file)]));
  }

  #content(manifest: SiteManifest, { path, pack, offset, length, method, br, sha256 }: SiteFile): string {
    const bytes = this.#packs.get(manifest.packs[pack]?.key ?? '');
    if (bytes === undefined) throw new Error(`the pack of ${path} is gone`);
    const stored = bytes.subarray(offset, offset + length);
    const forms = [method === 'deflate' ? inflateRawSync(stored) : stored];
    if (br !== null) forms.push(brotliDecompressSync(bytes.subarray(br.offset, br.offset + br.length)));
    for (const form of forms) {
      if (createHash('sha256').update(form).digest('hex') !== sha256)
        throw new Error(`${path} has another content`);
    }
    return forms[0]?.toString('latin1') ?? '';
  }
}
