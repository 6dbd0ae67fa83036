/** Deploys the sample project, as if its folder had been dropped on the page. Loaded on demand. */
import type { Client } from '@appflux/client';
import { AppFluxError, type Deployment } from '@appflux/protocol';
import { Draft } from '#lib/new-app/draft.svelte.ts';
import { Launch } from '#lib/new-app/launch.svelte.ts';
import { SourceArchive } from '#lib/upload/source-archive.svelte.ts';
import type { SourceFolder } from '#lib/upload/source-tree.ts';

/** A sample that was deployed before uses the next free slug. Bounds how many are tried. */
const MOST_SLUGS = 20;

export class SampleLaunch {
  readonly draft: Draft;
  readonly launch: Launch;
  readonly #folder: SourceFolder;

  constructor(
    api: Pick<Client, 'apps' | 'deployments' | 'looks' | 'sourceCredential' | 'uploads'>,
    folder: SourceFolder,
    { archive, launch }: { archive?: SourceArchive; launch?: Launch } = {},
  ) {
    this.draft = new Draft(api.looks, { archive: archive ?? new SourceArchive() });
    this.draft.kind = 'upload';
    this.launch = launch ?? new Launch(api);
    this.#folder = folder;
  }

  /**
   * Packs, uploads and deploys the sample. A second run resumes a failed one.
   * @throws AppFluxError why it was refused
   */
  async run(): Promise<Deployment> {
    const { draft, launch } = this;
    if (draft.file === null) await draft.archive.pack(this.#folder);
    if (draft.archive.error) throw draft.archive.error;
    draft.name = 'First light';
    for (let tries = 0; tries < MOST_SLUGS; tries += 1) {
      const deployment = await launch.run(draft);
      if (deployment) return deployment;
      if (launch.error?.code !== 'slug_taken') break;
      draft.slug = draft.suggestedSlug ?? '';
    }
    throw launch.error ?? new AppFluxError('internal', 'The sample wasn’t deployed.', { hint: 'Try again.' });
  }
}
