import type { ClientPart } from '@appflux/client';
import {
  type CandidateSettings,
  type Deployment,
  type DeploymentStatus,
  hasEnded,
  type Phase,
} from '@appflux/protocol';
import { chosenFor } from '#lib/detection/candidate.ts';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLife } from '#lib/live/page-life.ts';

/** The live log tells of changes at once; asking again is for what it does not tell, as who builds it. */
const PAUSE_MS = { queued: 3000, building: 8000, canceling: 3000 } as const;

type Calls = ClientPart<{
  deployments: 'get' | 'cancel' | 'redeploy' | 'pin' | 'unpin';
  apps: 'get' | 'update';
}>;

/** One deployment, as it goes on. */
export class LiveDeployment {
  readonly id: string;
  readonly #api: Calls;
  readonly #live: Live<Deployment>;

  constructor(id: string, api: Calls, page?: PageLife) {
    this.id = id;
    this.#api = api;
    this.#live = new Live<Deployment>({
      load: (signal) => api.deployments.get(id, { signal }),
      pauseAfter: (deployment) => {
        if (deployment === null) return 5000;
        const { status } = deployment;
        return status === 'queued' || status === 'building' || status === 'canceling'
          ? PAUSE_MS[status]
          : null;
      },
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

  /** Takes a state from the live log, and asks for what belongs to it. */
  moved(status: DeploymentStatus, phase: Phase | null): void {
    const known = this.value;
    if (known === null || hasEnded(known.status) || (known.status === status && known.phase === phase))
      return;
    // An end is shown only with its record: a failure without its reason would flash up as if there were none.
    if (!hasEnded(status)) this.#live.replace({ ...known, status, phase });
    void this.refresh();
  }

  /** Asks for it to be canceled. Throws an AppFluxError. */
  async cancel(): Promise<void> {
    this.#live.replace(await this.#api.deployments.cancel(this.id));
  }

  /** Pins or unpins it. Throws an AppFluxError. */
  async setPin(pinned: boolean): Promise<void> {
    const { deployments } = this.#api;
    this.#live.replace(await (pinned ? deployments.pin(this.id) : deployments.unpin(this.id)));
  }

  /** Builds the same commit or upload once more and answers with the new deployment. Throws an AppFluxError. */
  redeploy(clearCache: boolean): Promise<Deployment> {
    return this.#api.deployments.redeploy(this.id, { clearCache });
  }

  /** Sets its App to another way of being built, and builds the same source so. Throws an AppFluxError. */
  async buildInstead(slug: string, set: CandidateSettings): Promise<Deployment> {
    await this.#api.apps.update(slug, chosenFor(await this.#api.apps.get(slug), set));
    return this.redeploy(false);
  }
}
