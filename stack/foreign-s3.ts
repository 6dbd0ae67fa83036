/** `node stack/foreign-s3.ts`: builds the S3 server that the storage tests run against. */
import { runCommand } from './command.ts';
import { ensureForeignS3 } from './foreign-s3/install.ts';
import { GoBuilder } from './go/builder.ts';
import { during, progressOn } from './progress.ts';

await runCommand(async () => {
  await using builder = await GoBuilder.open();
  await during(progressOn(process.stdout), 'S3 server for the tests', (task) =>
    ensureForeignS3(builder, task),
  );
  return 0;
});
