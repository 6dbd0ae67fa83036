/** Whether the MongoDB that a start is to keep metadata in is there, before anything depends on it. */
import { MongoClient } from 'mongodb';
import { messageOf, StackProblem } from '../problem.ts';

/** How long a server may take to turn up, in milliseconds, unless the URI says otherwise. */
const ANSWERS_WITHIN_MS = 5_000;

/**
 * Connects and goes away again. What it says names the servers, and never what is before or behind them in the URI.
 * @throws StackProblem `metadata_unreachable`, or `settings_invalid` for a URI that the driver does not understand
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
      `MongoDB at ${srvHost ?? hosts.join(', ')} does not answer (${messageOf(error)})`,
      'start it or correct MONGODB_URI, or leave it out to keep metadata in the embedded D1',
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
      'MONGODB_URI is no address that MongoDB’s driver understands',
      'it is like mongodb://user:password@host:27017/database, with special characters of the password percent-encoded',
    );
  }
}
