/** The error for a database of metadata that is missing. */
import { AppFluxError } from '@appflux/protocol';

/** That teams are in a database that the Worker is not bound to (any more). */
export const notBound = (number: number): AppFluxError =>
  new AppFluxError('unavailable', `The metadata database ${number} is not bound to this Worker`, {
    hint: `Set metadata_databases to ${number + 1} or more and deploy again.`,
    retryAfterSeconds: 60,
  });
