/** `node stack/foreign-s3.ts`: builds the S3 server that the storage tests run against. */
import { runCommand } from './command.ts';
import { ensureForeignS3 } from './foreign-s3/install.ts';
import { Workshop } from './go/workshop.ts';
import { during, progressOn } from './progress.ts';

await runCommand(async () => {
  await using workshop = await Workshop.open();
  await during(progressOn(process.stdout), 'S3 server for the tests', (task) =>
    ensureForeignS3(workshop, task),
  );
  return 0;
});
