/** The databases of metadata beside METADATA (sharded/). */
import { AppFluxError } from '@appflux/protocol';

/** Their bindings, by their numbers from 1. */
export const FURTHER_DATABASES = [
  'METADATA_1',
  'METADATA_2',
  'METADATA_3',
  'METADATA_4',
  'METADATA_5',
  'METADATA_6',
  'METADATA_7',
] as const;

/** That teams are in a database that the Worker is not bound to (any more). */
export const notBound = (number: number): AppFluxError =>
  new AppFluxError('unavailable', `The metadata database ${number} is not bound to this Worker`, {
    hint: `Set metadata_databases to ${number + 1} or more and deploy again.`,
    retryAfterSeconds: 60,
  });
