import {
  type CandidateSettings,
  type Deployment,
  type DeploymentStatus,
  hasEnded,
  type Phase,
} from '@appflux/protocol';
import type { Api } from '#lib/api/api.ts';
import { chosenFor } from '#lib/detection/candidate.ts';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLife } from '#lib/live/page-life.ts';

/** The live log tells of changes at once; asking again is for what it does not tell, as who builds it. */
const PAUSE_MS = { queued: 3000, building: 8000, canceling: 3000 } as const;

type Calls = Pick<Api, 'getDeployment' | 'cancelDeployment' | 'redeploy' | 'setPin' | 'getApp' | 'updateApp'>;

/** One deployment, as it goes on. */
export class LiveDeployment {
  readonly id: string;
  readonly #api: Calls;
  readonly #live: Live<Deployment>;

  constructor(id: string, api: Calls, page?: PageLife) {
    this.id = id;
    this.#api = api;
    this.#live = new Live<Deployment>({
      load: (signal) => api.getDeployment(id, signal),
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
    this.#live.replace(await this.#api.cancelDeployment(this.id));
  }

  /** Pins or unpins it. Throws an AppFluxError. */
  async setPin(pinned: boolean): Promise<void> {
    this.#live.replace(await this.#api.setPin(this.id, pinned));
  }

  /** Builds the same commit or upload once more and answers with the new deployment. Throws an AppFluxError. */
  redeploy(clearCache: boolean): Promise<Deployment> {
    return this.#api.redeploy(this.id, { clearCache });
  }

  /** Sets its App to another way of being built, and builds the same source so. Throws an AppFluxError. */
  async buildInstead(slug: string, set: CandidateSettings): Promise<Deployment> {
    await this.#api.updateApp(slug, chosenFor(await this.#api.getApp(slug), set));
    return this.redeploy(false);
  }
}
