/**
 * The file that an ended deployment's object leaves in storage before it empties itself: the deployment's record, and what
 * the object needs to come back. The object writes it; metadata reads the record.
 */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { AppFluxError } from '@appflux/protocol';
import { endedDeploymentKey } from '../../storage/keys.ts';
import type { ObjectStore } from '../../storage/storage.ts';
import type { DeploymentRecord } from '../records.ts';

/** Of the file's form. A file of a later version is not read. */
const FORMAT = 1;

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** What the file holds. */
export interface EndedFile<Memory = unknown> {
  record: DeploymentRecord;
  /** The number of the event that reported the record. */
  seq: number;
  /** What only the object reads. */
  memory: Memory;
}

/** The file of a deployment; null when there is none. Throws AppFluxError `unavailable` when it can't be read now. */
export async function readEndedFile<Memory>(
  objects: ObjectStore,
  deploymentId: string,
): Promise<EndedFile<Memory> | null> {
  const found = await objects.get(endedDeploymentKey(deploymentId));
  if (found === null) return null;
  const bytes = await new Response(found.body).arrayBuffer();
  const { format, ...file } = JSON.parse((await unpack(bytes)).toString());
  if (format !== FORMAT) throw newerFormat(deploymentId);
  return file;
}

/** Writes the file, in the place of the one before. */
export async function writeEndedFile(objects: ObjectStore, file: EndedFile): Promise<void> {
  const bytes = await pack(JSON.stringify({ format: FORMAT, ...file }));
  await objects.put(endedDeploymentKey(file.record.id), bytes, 'application/gzip');
}

const newerFormat = (id: string) =>
  new AppFluxError('unavailable', `A newer version of AppFlux has written what is left of deployment ${id}`, {
    hint: 'Run that version again, or a later one.',
  });
