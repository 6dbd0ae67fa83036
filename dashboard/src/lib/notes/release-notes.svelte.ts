import type { ClientPart } from '@appflux/client';
import type { DeploymentNotes, NotesSource } from '@appflux/protocol';
import { LiveResource } from '#lib/live/live-resource.svelte.ts';

type Calls = ClientPart<{ deployments: 'notes' | 'update' }>;

/** Where release notes come from. */
export const NOTES_SOURCE: Readonly<Record<NotesSource, string>> = {
  typed: 'Written here',
  tag: 'From the commit’s tag',
  changelog: 'From the change log',
};

/** The release notes of a deployment, as its download page shows them. */
export class ReleaseNotesOf extends LiveResource<DeploymentNotes> {
  readonly #api: Calls;
  readonly #id: string;

  constructor(deploymentId: string, api: Calls) {
    super({
      load: (signal) => api.deployments.notes(deploymentId, { signal }),
      pauseAfter: () => null,
    });
    this.#api = api;
    this.#id = deploymentId;
  }

  /** Writes them; an empty text shows none, null those of the build. Throws an AppFluxError. */
  async write(notes: string | null): Promise<void> {
    await this.#api.deployments.update(this.#id, { notes });
    await this.refresh();
  }
}
