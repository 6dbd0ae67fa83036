/**
 * What a deployment leaves in metadata: bytes by table and index, and the rows that its whole life writes, on D1 in
 * workerd; documents and their bytes on MongoDB. Counts don't depend on the machine.
 */
import { numberFlags } from './flags.ts';
import { sizeOnD1 } from './metadata/size-d1.ts';
import { sizeOnMongo } from './metadata/size-mongo.ts';
import { conditions, print, progress, round, table } from './report.ts';

const flags = numberFlags({ apps: 20, deployments: 300 });
const under = conditions();

const d1 = await sizeOnD1(flags, progress);
const mongo = await sizeOnMongo(flags, progress);

print(
  `What each of ${flags.deployments} deployments of ${flags.apps} apps leaves in metadata`,
  under,
  table(
    ['D1', 'bytes'],
    [...d1.bytes.map(([name, bytes]) => [name, round(bytes)] as const), ['in total', round(d1.total)]],
  ),
  `When all are archived but the latest of each app, ${round(d1.archived)} bytes of D1 each are left, and a file in storage.`,
  `D1 reads ${round(d1.rowsRead)} rows and writes ${round(d1.rowsWritten)} in ${round(d1.calls)} calls, from the request to the archived log.`,
  mongo === null
    ? 'NOT MEASURED ON MONGODB: no MONGODB_URI, no FerretDB was built, and no container of mongo:8 could start.'
    : table(
        [mongo.server, 'bytes'],
        [
          ...mongo.bytes.map(([name, bytes]) => [`${name} (BSON)`, round(bytes)] as const),
          ['in total, without indexes', round(mongo.total)],
        ],
      ),
);
