import type { ClientPart } from '@appflux/client';
import type { DeploymentStatus, Phase } from '@appflux/protocol';
import { ArchivedLog } from './archived-log.svelte.ts';
import type { LogContent } from './content.ts';
import { LiveLog } from './live-log.svelte.ts';

interface Setting {
  deploymentId: string;
  api: ClientPart<{ logs: 'page' | 'outline' | 'read' }>;
  token(): Promise<string | null>;
  team?(): string | null;
  /** Told of each state that the live log brings, which is sooner than a poll does. */
  onState(status: DeploymentStatus, phase: Phase | null): void;
}

/** What is known of a deployment when its log is opened. */
export interface Opening {
  readonly ended: boolean;
  /** The line to show first; null for the last. */
  readonly at: number | null;
}

/** The log of one deployment as the page shows it: followed while it grows, read from storage once it is there. */
export class DeploymentLog {
  readonly #setting: Setting;
  #content = $state.raw<LogContent>() as LogContent;

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#content = new LiveLog(setting);
  }

  get content(): LogContent {
    return this.#content;
  }

  /** Begins to load. Answers with a function that ends it. */
  start({ ended, at }: Opening): () => void {
    if (!ended) return this.#follow();
    const archived = new ArchivedLog(this.#setting);
    let stop: (() => void) | null = () => archived.stop();
    this.#content = archived;
    archived.open(at).then(
      (isArchived) => {
        if (isArchived || stop === null) return;
        archived.stop();
        stop = this.#follow();
      },
      () => {
        // Stopped, or refused permanently: the reason is shown with the log.
      },
    );
    return () => {
      stop?.();
      stop = null;
    };
  }

  #follow(): () => void {
    const live = new LiveLog(this.#setting);
    this.#content = live;
    return live.start();
  }
}
