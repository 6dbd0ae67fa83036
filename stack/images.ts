/** `npm run images -- [kind...] [--rebuild] [--verbose]`: builds builder images, all of them by default. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, runCommand } from './command.ts';
import { ensureEngine } from './engine/ensure.ts';
import { ensureImage, megabytes } from './images/build.ts';
import { pickImages, readCatalog } from './images/catalog.ts';
import { inspectImage } from './images/engine-stream.ts';
import { hostFacts } from './images/host.ts';
import { messageOf, StackProblem } from './problem.ts';
import { progressOn, verboseProgressOn } from './progress.ts';
import { stateFolder } from './settings.ts';

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { rebuild: { type: 'boolean', default: false }, verbose: { type: 'boolean', default: false } },
    });
  } catch (error) {
    throw new StackProblem(
      'arguments_invalid',
      messageOf(error),
      'run "npm run images -- [kind...] [--rebuild] [--verbose]"',
    );
  }
}

await runCommand(async () => {
  const { values, positionals } = readArguments(process.argv.slice(2));
  const progress = values.verbose ? verboseProgressOn(process.stdout) : progressOn(process.stdout);
  const catalog = await readCatalog(join(ROOT, 'builder-images'));
  const images = pickImages(catalog, positionals.length > 0 ? positionals : [...catalog.keys()]);
  const { engine } = await ensureEngine({
    env: process.env,
    state: stateFolder(process.env, ROOT),
    progress,
  });
  const host = await hostFacts(engine, process.env, ROOT);
  for (const image of images) {
    const built = await ensureImage(engine, image, {
      host,
      env: process.env,
      progress,
      rebuild: values.rebuild,
    });
    if (built) continue;
    const present = await inspectImage(engine, image.repository);
    progress.say(`The image ${image.repository} is up to date, ${megabytes(present?.size ?? 0)}.`);
  }
  return 0;
});
