/** The runner's connection to the deployment that it builds. */
import { randomUUID } from 'node:crypto';
import {
  ACCEPTS_HEADER,
  CLOSE,
  DETAILS,
  DeploymentToRunner,
  FAILURE_LOCATION,
  LEASE_TOKEN_HEADER,
  type RunnerToDeployment,
  SBOM,
  SERVER_SITES,
  SITE_BASE,
  SIZE_BUDGETS,
  TEAM_HEADER,
  WATCHED,
} from '@appflux/protocol';
import type { AttemptReport } from '../job/outcome.ts';
import type { Notice } from '../job/pipeline.ts';
import type { SbomConnection } from '../job/sbom/index.ts';
import type { SiteBaseAnswer, SiteBaseQuestion, SiteConnection } from '../job/site/base.ts';
import type { DetailsConnection, ServerConnection } from '../job/steps.ts';
import type { UploadAnswer, UploadConnection, UploadQuestion } from '../job/upload.ts';
import type { Journal } from '../journal.ts';
import type { LogSender } from '../log/log-sender.ts';
import type { Mask } from '../masking/sentence.ts';
import { Stopped } from '../stop.ts';
import { edgeFrame } from './frames.ts';
import type { Lease } from './lease.ts';
import { OpenQuestions } from './open-questions.ts';
import { type Loss, ReconnectingSocket, SOCKET_TIMING, type SocketTiming } from './reconnecting-socket.ts';
import { maskedNotice, maskedQuestion, maskedResult } from './report.ts';
import { UnconfirmedFrames } from './unconfirmed-frames.ts';

type Frame<Type extends RunnerToDeployment['type']> = Extract<RunnerToDeployment, { type: Type }>;

export interface AttemptConnectionOptions {
  readonly url: URL;
  readonly credential: string;
  /** Which of their teams a user acts for; runners belong to one. */
  readonly team?: string | undefined;
  readonly deploymentId: string;
  readonly attempt: number;
  readonly leaseToken: string;
  readonly lease: Lease;
  /** Masks the quoted parts of everything that is sent. Log lines are masked where they are written. */
  readonly mask: Mask;
  /** Creates the log when the first `welcome` has told the number of the edge's last line. */
  readonly openLog: (ackedSeq: number) => LogSender;
  readonly onCancel: (reason: string) => void;
  /** The edge has dropped this attempt: the build must stop, and nothing more is reported. */
  readonly onOver: (reason: Stopped) => void;
  readonly journal: Journal;
  readonly timing?: SocketTiming;
}

/** Short waits: a lease lasts 30 seconds, and a deploy of the edge drops every connection. */
const TIMING: SocketTiming = { ...SOCKET_TIMING, backoff: { baseMs: 300, capMs: 4000 } };

/** HTTP statuses that end the attempt permanently. After any other, the runner reconnects. */
const REFUSALS: Readonly<Record<number, Stopped>> = {
  401: new Stopped('revoked', 'The edge no longer accepts the credential or the lease token.'),
  403: new Stopped('revoked', 'The edge no longer accepts the credential or the lease token.'),
  404: new Stopped('superseded', 'The deployment no longer exists.'),
  409: new Stopped('superseded', 'Another attempt has replaced this one.'),
};

const CLOSES: Readonly<Record<number, Stopped>> = {
  [CLOSE.unauthorized]: new Stopped(
    'revoked',
    'The edge no longer accepts the credential or the lease token.',
  ),
  [CLOSE.staleAttempt]: new Stopped('superseded', 'Another attempt has replaced this one.'),
  [CLOSE.badFrame]: new Stopped('superseded', 'The edge rejected a frame of this runner as invalid.'),
  [CLOSE.tooLarge]: new Stopped('superseded', 'The edge rejected a frame of this runner as too large.'),
};

/**
 * Sends and receives the frames of one attempt, and reconnects when the connection is lost. Nothing is sent once the
 * lease may have expired.
 */
export class AttemptConnection
  implements UploadConnection, SiteConnection, SbomConnection, DetailsConnection, ServerConnection
{
  readonly #options: AttemptConnectionOptions;
  readonly #socket: ReconnectingSocket;
  readonly #welcomed = Promise.withResolvers<LogSender>();
  readonly #finished = Promise.withResolvers<void>();
  readonly #unconfirmed = new UnconfirmedFrames();
  readonly #uploads = new OpenQuestions<UploadAnswer>();
  readonly #bases = new OpenQuestions<SiteBaseAnswer | null>();
  /** What the edge takes besides the frames of version 0.1.0, by its last welcome. */
  #accepts: readonly string[] = [];
  #log: LogSender | undefined;
  /** Whether the edge has said welcome on the present connection; until then nothing is sent. */
  #open = false;
  /** The result, once the attempt has ended. */
  #report: AttemptReport | undefined;
  #over = false;

  constructor(options: AttemptConnectionOptions) {
    this.#options = options;
    const { url, credential, team, deploymentId, attempt, leaseToken, lease } = options;
    this.#socket = new ReconnectingSocket({
      url: new URL(`/api/deployments/${deploymentId}/attempts/${attempt}/connect`, url),
      headers: {
        authorization: `Bearer ${credential}`,
        [LEASE_TOKEN_HEADER]: leaseToken,
        [ACCEPTS_HEADER]: WATCHED,
        ...(team === undefined ? {} : { [TEAM_HEADER]: team }),
      },
      timing: options.timing ?? TIMING,
      onOpen: () => undefined,
      onMessage: (text) => this.#take(text),
      onLoss: (loss) => this.#lost(loss),
      onPing: () => lease.pingSent(),
      onPong: () => lease.pongReceived(),
    });
    // These may reject before anyone awaits them; a later await still gets the error.
    for (const promise of [this.#welcomed.promise, this.#finished.promise]) promise.catch(() => undefined);
  }

  /** Connects. Resolves with the log at the first `welcome`. */
  open(): Promise<LogSender> {
    this.#socket.start();
    return this.#welcomed.promise;
  }

  /** Sends a frame that needs no answer, again on each new connection until it has arrived. */
  tell(notice: Notice) {
    const text = JSON.stringify(maskedNotice(notice, this.#options.mask));
    const needs = notice.type === DETAILS || notice.type === SIZE_BUDGETS ? notice.type : null;
    if (needs !== null && !this.#accepts.includes(needs)) return;
    this.#unconfirmed.add(text, this.#send(text) ? this.#log?.sentSeq : undefined, needs);
  }

  /** Sends a question, again on each new connection until it is answered. */
  ask(question: UploadQuestion): Promise<UploadAnswer> {
    return this.#ask(this.#uploads, maskedQuestion(question, this.#options.mask));
  }

  get keepsDetails(): boolean {
    return this.#accepts.includes(DETAILS);
  }

  get publishesSites(): boolean {
    return this.#accepts.includes(SITE_BASE);
  }

  get runsServers(): boolean {
    return this.#accepts.includes(SERVER_SITES);
  }

  get storesSboms(): boolean {
    return this.#accepts.includes(SBOM);
  }

  /** An edge that doesn't know the question would end the attempt. The edge may change with a new connection. */
  async askForBase(question: Omit<SiteBaseQuestion, 'request'>): Promise<SiteBaseAnswer | null> {
    if (!this.publishesSites) return null;
    return this.#ask(this.#bases, { ...question, request: randomUUID() });
  }

  #ask<Answer>(
    questions: OpenQuestions<Answer>,
    question: UploadQuestion | SiteBaseQuestion,
  ): Promise<Answer> {
    if (this.#over) return Promise.reject(new Error('The attempt has ended'));
    const text = JSON.stringify(question);
    const answer = questions.add(question.request, text);
    this.#send(text);
    return answer;
  }

  /** Reports the result. Resolves when the edge has stored it. */
  finish(report: AttemptReport): Promise<void> {
    this.#report = report;
    this.#sendReport(report);
    return this.#finished.promise;
  }

  /** What the edge takes may change with a new connection. */
  #sendReport(report: AttemptReport) {
    const { attempt, mask } = this.#options;
    const result = maskedResult(report, mask, this.#accepts.includes(FAILURE_LOCATION));
    this.#send(JSON.stringify({ type: 'finish', attempt, result } satisfies Frame<'finish'>));
  }

  close() {
    this.#end(new Stopped('stopping', 'The runner has closed the connection.'));
    this.#socket.close(CLOSE.normal, 'done');
  }

  /** Nothing is sent in the name of the lease's holder once another runner may hold the lease. */
  #send(frame: string): boolean {
    return this.#open && this.#options.lease.held() && this.#socket.send(frame);
  }

  #take(text: string) {
    const frame = edgeFrame(DeploymentToRunner, text, this.#options.journal);
    if (frame === undefined || this.#over || !this.#options.lease.held()) return;
    switch (frame.type) {
      case 'welcome':
        this.#accepts = frame.accepts ?? [];
        return this.#welcome(frame.ackedSeq, frame.canceling);
      case 'ack':
        this.#unconfirmed.confirm(frame.seq);
        return this.#log?.acked(frame.seq);
      case 'resume':
        return this.#log?.resume(frame.from);
      case WATCHED:
        return this.#log?.watched(frame.watched);
      case 'upload_granted':
      case 'upload_done':
      case 'upload_refused':
        return this.#uploads.answer(frame.request, frame);
      case 'site_base':
        return this.#bases.answer(frame.request, frame);
      case 'cancel':
        return this.#options.onCancel(frame.reason);
      case 'finished':
        return this.#finished.resolve();
    }
  }

  #welcome(ackedSeq: number, canceling: boolean) {
    this.#open = true;
    this.#socket.settled();
    this.#unconfirmed.confirm(ackedSeq);
    const first = this.#log === undefined;
    this.#log ??= this.#options.openLog(ackedSeq);
    const log = this.#log;
    this.#unconfirmed.keep(this.#accepts);
    this.#unconfirmed.resend((frame) => (this.#send(frame) ? ackedSeq : undefined));
    if (!this.publishesSites) this.#bases.answerAll(null);
    for (const frame of [...this.#uploads.frames, ...this.#bases.frames]) this.#send(frame);
    log.connected(ackedSeq, (frame) => this.#send(frame));
    if (this.#report !== undefined) this.#sendReport(this.#report);
    if (canceling) this.#options.onCancel('canceled');
    if (first) this.#welcomed.resolve(log);
    const { journal, deploymentId, attempt } = this.#options;
    journal.info('Connected to a deployment', { deploymentId, attempt, ackedSeq });
  }

  #lost(loss: Loss): 'retry' | 'stop' {
    const { journal, deploymentId, attempt, lease, onOver } = this.#options;
    this.#open = false;
    this.#log?.disconnected();
    lease.connectionLost();
    const over = loss.code === undefined ? REFUSALS[loss.status ?? 0] : CLOSES[loss.code];
    journal.warn(over === undefined ? 'Lost the connection to a deployment. Reconnecting' : over.message, {
      deploymentId,
      attempt,
      reason: loss.reason,
      code: loss.code,
      status: loss.status,
    });
    if (over === undefined) return 'retry';
    this.#end(over);
    onOver(over);
    return 'stop';
  }

  /** Rejects the open questions: no more answers will come. */
  #end(reason: Stopped) {
    this.#over = true;
    this.#open = false;
    this.#log?.disconnected();
    this.#welcomed.reject(reason);
    this.#finished.reject(reason);
    this.#uploads.reject(reason);
    this.#bases.reject(reason);
  }
}
