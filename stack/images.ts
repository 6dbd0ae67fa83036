/**
 * `npm run images -- [kind...] [--rebuild] [--verbose]`: builds builder images, all of them by default.
 * `npm run images -- --instance`: builds the image of an instance for containers instead.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, runCommand } from './command.ts';
import { ensureEngine } from './engine/ensure.ts';
import { ensureImage, megabytes } from './images/build.ts';
import { pickImages, readCatalog } from './images/catalog.ts';
import { inspectImage } from './images/engine-stream.ts';
import { hostFacts } from './images/host.ts';
import { ensureInstanceImage, INSTANCE_IMAGE } from './images/instance.ts';
import { messageOf, StackProblem } from './problem.ts';
import { progressOn, verboseProgressOn } from './progress.ts';
import { stateFolder } from './settings.ts';

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        instance: { type: 'boolean', default: false },
        rebuild: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new StackProblem(
      'arguments_invalid',
      messageOf(error),
      'run "npm run images -- [kind...] [--instance] [--rebuild] [--verbose]"',
    );
  }
}

await runCommand(async () => {
  const { values, positionals } = readArguments(process.argv.slice(2));
  const progress = values.verbose ? verboseProgressOn(process.stdout) : progressOn(process.stdout);
  const catalog = await readCatalog(join(ROOT, 'builder-images'));
  const kinds = positionals.length > 0 || values.instance ? positionals : [...catalog.keys()];
  const images = pickImages(catalog, kinds);
  const { engine } = await ensureEngine({
    env: process.env,
    state: stateFolder(process.env, ROOT),
    progress,
  });
  const host = await hostFacts(engine, process.env, ROOT);
  const options = { host, env: process.env, progress, rebuild: values.rebuild };
  const unlessBuilt = async (repository: string, built: boolean) => {
    if (built) return;
    const present = await inspectImage(engine, repository);
    progress.say(`The image ${repository} is up to date, ${megabytes(present?.size ?? 0)}.`);
  };
  for (const image of images) {
    await unlessBuilt(image.repository, await ensureImage(engine, image, options));
  }
  if (values.instance) await unlessBuilt(INSTANCE_IMAGE, await ensureInstanceImage(engine, options));
  return 0;
});
