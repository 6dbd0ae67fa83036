import type { ClientPart } from '@appflux/client';
import type { DeploymentStatus, Phase } from '@appflux/protocol';
import { ArchivedLog } from './archived-log.svelte.ts';
import type { LogContent } from './content.ts';
import { LiveLog } from './live-log.svelte.ts';

interface LogOptions {
  deploymentId: string;
  api: ClientPart<{ logs: 'page' | 'outline' | 'read' }>;
  token(): Promise<string | null>;
  team?(): string | null;
  /** Called with each status in the live log, which arrives sooner than a poll. */
  onState(status: DeploymentStatus, phase: Phase | null): void;
}

/** The state of a deployment when its log is opened. */
export interface LogStart {
  readonly ended: boolean;
  /** The line to open at; null for the last one. */
  readonly at: number | null;
}

/** The log of a deployment: live while it is built, and from storage once it is archived. */
export class DeploymentLog {
  readonly #options: LogOptions;
  #content = $state.raw<LogContent>() as LogContent;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#content = new LiveLog(options);
  }

  get content(): LogContent {
    return this.#content;
  }

  /** Starts loading. Returns a function that stops it. */
  start({ ended, at }: LogStart): () => void {
    if (!ended) return this.#follow();
    const archived = new ArchivedLog(this.#options);
    let stop: (() => void) | null = () => archived.stop();
    this.#content = archived;
    archived.open(at).then(
      (isArchived) => {
        if (isArchived || stop === null) return;
        archived.stop();
        stop = this.#follow();
      },
      () => {
        // Stopped, or failed permanently: the log shows the error.
      },
    );
    return () => {
      stop?.();
      stop = null;
    };
  }

  #follow(): () => void {
    const live = new LiveLog(this.#options);
    this.#content = live;
    return live.start();
  }
}
