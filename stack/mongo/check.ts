/** Checks that the MongoDB for metadata is reachable, before anything depends on it. */
import { MongoClient } from 'mongodb';
import { messageOf, StackProblem } from '../problem.ts';

/** How long a server may take to be found, in milliseconds, unless the URI sets it. */
const ANSWERS_WITHIN_MS = 5_000;

/**
 * Connects and disconnects. Messages name the servers, never the other parts of the URI.
 * @throws StackProblem `metadata_unreachable`, or `settings_invalid` for a URI that the driver does not accept
 */
export async function checkMongo(uri: string): Promise<void> {
  const client = understood(uri);
  try {
    await client.connect();
    await client.db().command({ ping: 1 });
  } catch (error) {
    const { srvHost, hosts } = client.options;
    throw new StackProblem(
      'metadata_unreachable',
      `MongoDB at ${srvHost ?? hosts.join(', ')} is not reachable (${messageOf(error)})`,
      'start it, correct MONGODB_URI, or unset it to store metadata in the embedded D1',
    );
  } finally {
    await client.close();
  }
}

function understood(uri: string): MongoClient {
  const own = /[?&]serverSelectionTimeoutMS=/i.test(uri);
  try {
    return new MongoClient(uri, own ? {} : { serverSelectionTimeoutMS: ANSWERS_WITHIN_MS });
  } catch {
    // The driver's message may repeat the URI, and with it the password.
    throw new StackProblem(
      'settings_invalid',
      'MONGODB_URI is not a valid MongoDB URI',
      'use mongodb://user:password@host:27017/database, with special characters of the password percent-encoded',
    );
  }
}
