/** How the server host tells the control plane that a site's server gave no answer. */
import { FAILURE_HEADER, type ServerFailure } from '../visit/protocol.ts';

/** What is needed to load a server could not be had: storage or the control plane doesn't respond, or says no. */
export class LoadRefused extends Error {
  override readonly name = 'LoadRefused';
  readonly failure: ServerFailure;

  constructor(failure: ServerFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** An answer without a body that the control plane turns into a page. */
export const failed = (failure: ServerFailure): Response =>
  new Response(null, { status: 500, headers: { [FAILURE_HEADER]: failure } });
