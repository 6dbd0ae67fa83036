/** `npm run check`: format, lint, types and shell scripts. */
import { checkAll } from './checking/check-all.ts';
import { ROOT, runCommand } from './command.ts';
import { progressOn } from './progress.ts';
import { exitCodeOf, verdictLines } from './testing/verdict.ts';

await runCommand(async () => {
  const progress = progressOn(process.stdout);
  const outcome = await checkAll(ROOT, progress);
  for (const line of verdictLines(outcome)) progress.say(line);
  return exitCodeOf(outcome);
});
