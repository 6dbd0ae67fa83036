import { metadataContract } from '../testing/contract.ts';
import { createShardedMetadata } from './index.ts';
import { DATABASES, emptyDatabases } from './testing/databases.ts';

let assigned = 0;

metadataContract('three D1 databases, with teams in all of them', async () => {
  await emptyDatabases();
  return createShardedMetadata(DATABASES, () => assigned++ % DATABASES.length);
});

metadataContract('three D1 databases, with all teams in the last one', async () => {
  await emptyDatabases();
  return createShardedMetadata(DATABASES, () => 2);
});
