/** `npm run bench:NAME`: prepares the machine, then runs `bench/NAME.ts`. */
import { runProgram } from './program.ts';

/** Benchmarks that use other images than the one for web projects. */
const IN_ALL_IMAGES = new Set(['kinds', 'cache']);

const [name = '', ...args] = process.argv.slice(2);
await runProgram({
  path: `bench/${name}.ts`,
  args,
  ...(IN_ALL_IMAGES.has(name) ? {} : { images: ['web'] }),
});
