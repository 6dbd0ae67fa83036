/** `npm run chaos`: prepares the machine, then runs `chaos/chaos.ts`. */
import { runProgram } from './program.ts';

await runProgram({ path: 'chaos/chaos.ts', args: process.argv.slice(2), images: ['web'] });
