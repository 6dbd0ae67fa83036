/** What `npm run upgrade` takes from the command line. */
import { parseArgs } from 'node:util';
import { messageOf, StackProblem } from '../problem.ts';

export interface UpgradeOptions {
  /** A branch, tag or commit; null for the newest version. */
  readonly to: string | null;
  /** For how long running builds may go on, in minutes. */
  readonly waitMinutes: number;
  /** Whether running builds are stopped and built again, instead of waiting for them. */
  readonly now: boolean;
  /** Where a backup is made; null for where the last one was. */
  readonly backup: string | null;
  readonly noBackup: boolean;
  /** Goes back to the version before an upgrade that broke off. */
  readonly back: boolean;
}

const WAIT_MINUTES = 30;

/** @throws StackProblem `arguments_invalid` */
export function upgradeOptions(args: string[]): UpgradeOptions {
  try {
    const { values } = parseArgs({
      args,
      options: {
        to: { type: 'string' },
        wait: { type: 'string' },
        now: { type: 'boolean', default: false },
        backup: { type: 'string' },
        'no-backup': { type: 'boolean', default: false },
        back: { type: 'boolean', default: false },
      },
    });
    if (values.now && values.wait !== undefined) throw new Error('--now and --wait exclude each other');
    if (values['no-backup'] && values.backup !== undefined)
      throw new Error('--backup and --no-backup exclude each other');
    if (values.back && args.length > 1) throw new Error('--back is used alone');
    return {
      to: values.to ?? null,
      waitMinutes: minutes(values.wait),
      now: values.now,
      backup: values.backup ?? null,
      noBackup: values['no-backup'],
      back: values.back,
    };
  } catch (error) {
    throw new StackProblem(
      'arguments_invalid',
      messageOf(error),
      'the options are --to REF, --wait MINUTES or --now, and --backup TARGET or --no-backup; --back alone goes back',
      { cause: error },
    );
  }
}

function minutes(text: string | undefined): number {
  if (text === undefined) return WAIT_MINUTES;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0 && number <= 1_440) return number;
  throw new Error(`--wait ${text} is not a number of minutes from 0 to 1440`);
}
