/** The context of pipeline steps, and how a step reports that the job has failed. */
import {
  type BuildCandidate,
  FAILURE_ADVICE,
  type FailureCode,
  type FailureLocation,
  type LogStream,
  type Phase,
  type RunnerToDeployment,
} from '@appflux/protocol';
import type { TailLine } from './log/attempt-log.ts';
import { own, type Text } from './masking/sentence.ts';
import type { Trace } from './tracing/trace.ts';

/** Writes one line into the deployment's log, in AppFlux's own voice unless said otherwise. What it quotes is masked. */
export type WriteLine = (text: Text, stream?: LogStream) => void;

/** The surroundings of a step. A step stops as soon as `signal` aborts, by throwing the signal's reason. */
export interface StepContext {
  readonly log: WriteLine;
  readonly signal: AbortSignal;
  /** Where its spans begin; absent where nothing is traced. */
  readonly trace?: Trace;
}

/** The folders of one attempt, all inside the runner's workspace root and removed when it is over. */
export interface Workspace {
  /** The source tree as it was fetched; becomes `/workspace` in the container. */
  readonly source: string;
  /** Scratch room that the container never sees: the downloaded ZIP, packed artifacts, sockets. */
  readonly scratch: string;
}

/** Why an attempt failed. The protocol's Failure, with texts that know what they quote. */
export interface FailureReport {
  readonly code: FailureCode;
  readonly message: Text;
  readonly phase: Phase | null;
  readonly hint: Text;
  readonly candidates: readonly BuildCandidate[];
  /** Where in the source; null if that is unknown. */
  readonly location: FailureLocation | null;
}

/** Where in the source an error is, and the line of the build's output that reports it. */
export interface ErrorLocation extends Omit<FailureLocation, 'seq'> {
  readonly reportedBy: TailLine;
}

/** Ends the job as `failed`. The message goes into the record and the log, with what it quotes masked: no paths of the host. */
export class JobFailure extends Error {
  override readonly name = 'JobFailure';
  readonly code: FailureCode;
  /** Replaces the code's own advice where the step knows better. */
  readonly hint: string | undefined;
  /**
   * For `disk_full`: whether the runner's machine is full (true), or the build is over its own limit (false). Undefined
   * if the step can't know.
   */
  readonly ofMachine: boolean | undefined;
  /** What could be built instead. */
  readonly candidates: readonly BuildCandidate[];
  readonly location: ErrorLocation | null;
  /** Message and hint, as they know what they quote. */
  readonly #texts: { readonly message: Text; readonly hint: Text | undefined };

  constructor(
    code: FailureCode,
    message: Text,
    details: {
      hint?: Text;
      candidates?: readonly BuildCandidate[];
      location?: ErrorLocation;
      ofMachine?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(String(message), { cause: details.cause });
    this.code = code;
    this.ofMachine = details.ofMachine;
    this.hint = details.hint === undefined ? undefined : String(details.hint);
    this.candidates = details.candidates ?? [];
    this.location = details.location ?? null;
    this.#texts = { message, hint: details.hint };
  }

  /** What is reported of it. Call it once the log is complete: only then every line of it has its number. */
  toReport(phase: Phase | null): FailureReport {
    const { message, hint = own(FAILURE_ADVICE[this.code]) } = this.#texts;
    return { code: this.code, message, phase, hint, candidates: this.candidates, location: this.#reported() };
  }

  #reported(): FailureLocation | null {
    if (this.location === null) return null;
    const { path, line, column, reportedBy } = this.location;
    return { path, line, column, seq: reportedBy.seq };
  }
}

/** What fetching the source found out about it. */
export interface PreparedSource {
  readonly commitHash: string | null;
  readonly commitMessage: string | null;
  readonly branch: string | null;
  /** The message of the commit's annotated tag; absent if there is none, or it was not wanted. */
  readonly tagMessage?: string | null;
  /** Whether it is a repository whose history is cut off. */
  readonly isShallow?: boolean;
  /** Whether an upload brings its Git repository along. */
  readonly hasRepository?: boolean;
  /** Absolute path of the root directory inside `Workspace.source`, checked to lie in it. */
  readonly root: string;
}

/** The builder image that a build runs in, or the host in its place. */
export interface UsedImage {
  /** The engine's id of the image, which is the digest of all that it holds; null on a host. */
  readonly digest: string | null;
  /** Versions by tool. */
  readonly tools: Record<string, string>;
}

/** Why a build did not take place: the project itself said that there is nothing to do. */
export interface Skip {
  /** A sentence without its end, on one line. */
  readonly reason: Text;
}

/** What the download page shows besides files, as it was found. */
export type FoundDetails = Pick<Extract<RunnerToDeployment, { type: 'details' }>, 'notes' | 'icon'>;

/** A file that the build delivered, ready to be uploaded. */
export interface CollectedArtifact {
  /** A name that is safe everywhere (ArtifactName in the protocol), unique in the deployment. */
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly contentType: string;
  readonly meta: Record<string, string | number | boolean>;
  /** Only for the pack of a site, which no other program can read. */
  readonly site?: PackedSite;
}

export interface PackedSite {
  /** The files in it. */
  readonly contents: readonly PackedContent[];
  /** Packs the same files again, for the base that the edge names then; undefined if the edge publishes no sites now. */
  repack(ctx: StepContext): Promise<CollectedArtifact | undefined>;
}

/** A file in a pack, decompressed: exactly the bytes that are published. */
export interface PackedContent {
  /** Its path in the site. */
  readonly name: string;
  readonly size: number;
  /** Reads it from its beginning. */
  readonly read: () => AsyncIterable<Uint8Array>;
}
