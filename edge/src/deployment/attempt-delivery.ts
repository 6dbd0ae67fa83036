/** What an attempt delivers: its artifacts on their way into storage, and its result. */
import {
  AppFluxError,
  type AttemptResult,
  CLOSE,
  failure,
  MAX_ARTIFACTS,
  type RunnerToDeployment,
} from '@appflux/protocol';
import { journal } from '../journal.ts';
import { closeQuietly } from '../sockets/close.ts';
import { type ArtifactUploads, DeliveryInvalid, tooManyArtifacts, UploadRefused } from './artifacts.ts';
import { sendFrame } from './attempt-socket.ts';
import type { Event, Refusal } from './lifecycle.ts';
import type { Machine } from './machine.ts';

type Frame<Type extends RunnerToDeployment['type']> = Extract<RunnerToDeployment, { type: Type }>;

export interface DeliveryParts {
  readonly machine: Machine;
  readonly artifacts: ArtifactUploads;
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
    await answerUpload(ws, request, async () => {
      try {
        const plan = await this.#parts.artifacts.begin(app.id, id, frame, limits.artifactBytes);
        sendFrame(ws, { type: 'upload_granted', request, partSize: plan.partSize, parts: plan.parts });
      } catch (error) {
        if (!(error instanceof DeliveryInvalid)) throw error;
        this.#parts.apply(invalidDelivery(frame.attempt, error));
        closeQuietly(ws, CLOSE.staleAttempt, 'The attempt is over');
      }
    });
  }

  /** Answers when an artifact is in storage. */
  async uploaded(ws: WebSocket, frame: Frame<'uploaded'>): Promise<void> {
    const { request, attempt, name, parts } = frame;
    await answerUpload(ws, request, async () => {
      await this.#parts.artifacts.complete(attempt, name, parts);
      sendFrame(ws, { type: 'upload_done', request });
    });
  }

  /** The event that a runner's result makes; success only if all artifacts that it names are in storage. */
  ending(result: AttemptResult, attempt: number): Event {
    if (result.status === 'failed') return { type: 'failed', attempt, failure: result.failure };
    if (result.status === 'canceled') return { type: 'stopped', attempt };
    if (result.status === 'skipped') return { type: 'skipped', attempt, reason: result.reason };
    if (result.artifacts.length > MAX_ARTIFACTS) return invalidDelivery(attempt, tooManyArtifacts());
    const artifacts = this.#parts.artifacts.delivered(attempt, result.artifacts);
    if (artifacts !== null) return { type: 'succeeded', attempt, artifacts };
    const message = 'The runner reported success, but not all of its artifacts are in storage';
    return { type: 'failed', attempt, failure: failure('upload_failed', message, 'uploading') };
  }
}

/** The event of an attempt whose build made what no deployment can deliver. */
const invalidDelivery = (attempt: number, { message, hint }: DeliveryInvalid): Event => ({
  type: 'failed',
  attempt,
  failure: failure('artifact_invalid', message, 'uploading', hint),
});

async function answerUpload(ws: WebSocket, request: string, answer: () => Promise<void>): Promise<void> {
  try {
    await answer();
  } catch (error) {
    if (!(error instanceof UploadRefused)) journal.error('an upload failed', error);
    const message = error instanceof UploadRefused ? error.message : 'Storage doesn’t respond';
    const again =
      error instanceof UploadRefused
        ? error.again
        : error instanceof AppFluxError && error.code === 'unavailable';
    sendFrame(ws, { type: 'upload_refused', request, message, again });
  }
}
