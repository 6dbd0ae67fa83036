/** What an attempt delivers: its artifacts on their way into storage, and its result. */
import {
  AppFluxError,
  type AttemptResult,
  CLOSE,
  failure,
  isAppFluxError,
  MAX_ARTIFACTS,
  type RunnerToDeployment,
  SBOM_UPLOAD_TYPE,
  SITE_BASE,
  type SizeBudget,
  type SizeBudgetResult,
} from '@appflux/protocol';
import { budgetFailure } from '../budgets/check.ts';
import type { Delivery } from '../budgets/check-deployment.ts';
import { journal } from '../journal.ts';
import { SbomRefused, type SbomUploads } from '../provenance/sbom-uploads.ts';
import { closeQuietly } from '../sockets/close.ts';
import { DeliveryInvalid, tooManyArtifacts } from './artifact-rows.ts';
import { type ArtifactUploads, UploadRefused } from './artifacts.ts';
import { sendFrame } from './attempt-socket.ts';
import type { Event, Refusal } from './lifecycle.ts';
import type { Machine } from './machine.ts';
import type { SitePacks } from './site-packs.ts';
import { budgetsOf } from './state.ts';

type Frame<Type extends RunnerToDeployment['type']> = Extract<RunnerToDeployment, { type: Type }>;

export interface DeliveryParts {
  readonly machine: Machine;
  readonly artifacts: ArtifactUploads;
  readonly packs: Pick<SitePacks, 'base'>;
  readonly sboms: SbomUploads;
  /** Compares a delivery with size budgets. */
  readonly checkBudgets: (delivery: Delivery, budgets: readonly SizeBudget[]) => Promise<SizeBudgetResult[]>;
  /** What an error is reported as, with regard to the disk. */
  readonly asDiskFull: (error: AppFluxError) => Promise<AppFluxError>;
  /** Applies an event to the deployment. */
  readonly apply: (event: Event) => Refusal | null;
}

export class AttemptDelivery {
  readonly #parts: DeliveryParts;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Answers with presigned URLs for an artifact's bytes. */
  async upload(ws: WebSocket, frame: Frame<'upload'>): Promise<void> {
    const { app, id, limits } = this.#parts.machine.current().spec;
    const { request } = frame;
    await this.#answer(ws, request, async () => {
      try {
        const plan =
          frame.contentType === SBOM_UPLOAD_TYPE
            ? await this.#parts.sboms.begin(app.id, id, frame)
            : await this.#parts.artifacts.begin(app.id, id, frame, limits.artifactBytes);
        sendFrame(ws, { type: 'upload_granted', request, partSize: plan.partSize, parts: plan.parts });
      } catch (error) {
        if (!(error instanceof DeliveryInvalid)) throw error;
        this.#parts.apply(invalidDelivery(frame.attempt, error));
        closeQuietly(ws, CLOSE.staleAttempt, 'The attempt is over');
      }
    });
  }

  /** Answers with the publication that the attempt's site should continue. */
  async siteBase(ws: WebSocket, { request, attempt, branch }: Frame<'site_base'>): Promise<void> {
    const base = await this.#parts.packs.base(attempt, branch).catch((error: unknown) => {
      // Without a base the whole site is uploaded, which is better than a deployment that fails.
      journal.error('no base of a site could be found', error);
      return null;
    });
    sendFrame(ws, { type: SITE_BASE, request, base });
  }

  /** Answers when an artifact is in storage. */
  async uploaded(ws: WebSocket, frame: Frame<'uploaded'>): Promise<void> {
    const { request, attempt, name, parts } = frame;
    await this.#answer(ws, request, async () => {
      if (this.#parts.sboms.has(attempt, name)) await this.#parts.sboms.complete(attempt, name);
      else await this.#parts.artifacts.complete(attempt, name, parts);
      sendFrame(ws, { type: 'upload_done', request });
    });
  }

  /** Answers by `answer`, or with a refusal that says why and whether the runner may try again. */
  async #answer(ws: WebSocket, request: string, answer: () => Promise<void>): Promise<void> {
    try {
      await answer();
    } catch (error) {
      const { message, again } = await this.#refusalOf(error);
      sendFrame(ws, { type: 'upload_refused', request, message, again });
    }
  }

  async #refusalOf(error: unknown): Promise<{ message: string; again: boolean }> {
    if (error instanceof UploadRefused) return error;
    if (error instanceof SbomRefused) return { message: error.message, again: false };
    journal.error('an upload failed', error);
    const failed = isAppFluxError(error)
      ? error
      : new AppFluxError('internal', 'Storage failed', { cause: error });
    const { code, message } = await this.#parts.asDiskFull(failed);
    // There may be room again before the runner gives up.
    if (code === 'storage_full') return { message, again: true };
    return { message: 'Storage doesn’t respond', again: code === 'unavailable' };
  }

  /**
   * The event that a runner's result makes; success only if all artifacts that it names are in storage, and within the size
   * budgets that fail a deployment.
   */
  async ending(result: AttemptResult, attempt: number): Promise<Event> {
    if (result.status === 'failed') return { type: 'failed', attempt, failure: result.failure };
    if (result.status === 'canceled') return { type: 'stopped', attempt };
    if (result.status === 'skipped') return { type: 'skipped', attempt, reason: result.reason };
    if (result.artifacts.length > MAX_ARTIFACTS) return invalidDelivery(attempt, tooManyArtifacts());
    const artifacts = this.#parts.artifacts.delivered(attempt, result.artifacts);
    const site = this.#parts.artifacts.site(attempt, result.artifacts);
    const sbom = this.#parts.sboms.delivered(attempt);
    if (artifacts !== null) return this.#withinBudgets({ type: 'succeeded', attempt, artifacts, site, sbom });
    const message = 'The runner reported success, but not all of its artifacts are in storage';
    return { type: 'failed', attempt, failure: failure('upload_failed', message, 'uploading') };
  }

  /** The same success with how it compares with its budgets, or the failure that it is because of them. */
  async #withinBudgets(success: Extract<Event, { type: 'succeeded' }>): Promise<Event> {
    const { spec, state } = this.#parts.machine.current();
    const budgets = budgetsOf(spec, state);
    if (budgets.length === 0) return success;
    const { attempt, artifacts } = success;
    try {
      const results = await this.#parts.checkBudgets({ id: spec.id, appId: spec.app.id, artifacts }, budgets);
      const why = budgetFailure(results);
      return why === null
        ? { ...success, budgets: results }
        : { type: 'failed', attempt, failure: why, budgets: results };
    } catch (error) {
      journal.error(`the size budgets of deployment ${spec.id} can't be checked`, error);
      // One that only warns doesn't keep a site from being published.
      if (budgets.every(({ on }) => on === 'warn')) return success;
      const message = 'The size budgets couldn’t be checked: storage doesn’t respond';
      const why = failure('upload_failed', message, 'uploading', 'Redeploy when storage responds again.');
      return { type: 'failed', attempt, failure: why };
    }
  }
}

/** The event of an attempt whose build made what no deployment can deliver. */
const invalidDelivery = (attempt: number, { message, hint }: DeliveryInvalid): Event => ({
  type: 'failed',
  attempt,
  failure: failure('artifact_invalid', message, 'uploading', hint),
});
