/** `npm run screenshots -- [name...]`: takes the pictures of README.md and docs/. */
import process from 'node:process';
import { runProgram } from './program.ts';

await runProgram({
  path: 'dashboard/src/testing/documentation-pictures.ts',
  args: process.argv.slice(2),
  images: [],
});
