import type { ClientPart } from '@appflux/client';
import {
  type CandidateSettings,
  type Deployment,
  type DeploymentStatus,
  hasEnded,
  type Phase,
} from '@appflux/protocol';
import { candidateChange } from '#lib/detection/candidate.ts';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

/** The live log pushes status changes. Polling is for the rest: which runner builds it, and what others pin or promote. */
const PAUSE_MS: Readonly<Record<DeploymentStatus, number>> = {
  queued: 3000,
  building: 8000,
  canceling: 3000,
  success: 15_000,
  failed: 15_000,
  canceled: 15_000,
};

type Calls = ClientPart<{
  deployments: 'get' | 'approve' | 'cancel' | 'redeploy' | 'pin' | 'unpin';
  apps: 'get' | 'update';
}>;

/** One deployment, kept up to date. */
export class LiveDeployment {
  readonly id: string;
  readonly #api: Calls;
  readonly #live: Live<Deployment>;

  constructor(id: string, api: Calls, page?: PageLifecycle) {
    this.id = id;
    this.#api = api;
    this.#live = new Live<Deployment>({
      load: (signal) => api.deployments.get(id, { signal }),
      pauseAfter: (deployment) => (deployment === null ? 5000 : PAUSE_MS[deployment.status]),
      ...(page && { page }),
    });
  }

  get value(): Deployment | null {
    return this.#live.value;
  }

  get error() {
    return this.#live.error;
  }

  get ended(): boolean {
    return this.value !== null && hasEnded(this.value.status);
  }

  start(): () => void {
    return this.#live.start();
  }

  refresh(): Promise<void> {
    return this.#live.refresh();
  }

  /** Applies a status from the live log, and loads the rest of the record. */
  applyStatus(status: DeploymentStatus, phase: Phase | null): void {
    const current = this.value;
    if (
      current === null ||
      hasEnded(current.status) ||
      (current.status === status && current.phase === phase)
    )
      return;
    // Shows an ended status only with its record: a failure would briefly appear without its reason.
    if (!hasEnded(status)) this.#live.replace({ ...current, status, phase });
    void this.refresh();
  }

  /** Requests cancellation. Throws an AppFluxError. */
  async cancel(): Promise<void> {
    this.#live.replace(await this.#api.deployments.cancel(this.id));
  }

  /** Lets the build of a fork’s code start. Throws an AppFluxError. */
  async approve(): Promise<void> {
    this.#live.replace(await this.#api.deployments.approve(this.id));
  }

  /** Pins or unpins it. Throws an AppFluxError. */
  async setPin(pinned: boolean): Promise<void> {
    const { deployments } = this.#api;
    this.#live.replace(await (pinned ? deployments.pin(this.id) : deployments.unpin(this.id)));
  }

  /** Builds the same commit or upload again and returns the new deployment. Throws an AppFluxError. */
  redeploy(clearCache: boolean): Promise<Deployment> {
    return this.#api.deployments.redeploy(this.id, { clearCache });
  }

  /** Changes the App's build settings and redeploys the same source. Throws an AppFluxError. */
  async buildCandidate(slug: string, set: CandidateSettings): Promise<Deployment> {
    await this.#api.apps.update(slug, candidateChange(await this.#api.apps.get(slug), set));
    return this.redeploy(false);
  }
}
