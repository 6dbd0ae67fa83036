import type { AppFluxError, Environment, Schedule } from '@appflux/protocol';
import { FieldRefusals } from '#lib/api/field-refusals.svelte.ts';
import { branchProblem } from '#lib/source/branch.ts';
import { type ReadCron, readCron } from './cron.ts';

/** Common schedules. The empty one stands for an expression of one's own. */
export const PRESETS = [
  { value: '0 * * * *', label: 'Every hour' },
  { value: '0 3 * * *', label: 'Every day at 03:00 UTC' },
  { value: '0 3 * * 1-5', label: 'Monday to Friday at 03:00 UTC' },
  { value: '0 3 * * 1', label: 'Every Monday at 03:00 UTC' },
  { value: '0 3 1 * *', label: 'First day of the month at 03:00 UTC' },
  { value: '', label: 'Custom' },
] as const;

/** The form of a new schedule. */
export class ScheduleForm {
  preset = $state<string>('0 3 * * *');
  custom = $state('');
  branch = $state('');
  environment = $state<Environment>('production');
  readonly #refusals = new FieldRefusals();

  get cron(): string {
    return (this.preset || this.custom).trim();
  }

  /** What the server refused of the expression; null if it is another one by now. */
  get cronRefusal(): string | null {
    return this.#refusals.of('cron', this.cron);
  }

  refuse(error: AppFluxError): void {
    this.#refusals.set(error, { cron: this.cron });
  }

  read(now: Date): ReadCron {
    return readCron(this.cron, now);
  }

  get branchProblem(): string | null {
    return this.branch.trim() === '' ? null : branchProblem(this.branch.trim());
  }

  toSchedule(): Schedule {
    const branch = this.branch.trim();
    return {
      cron: this.cron.replaceAll(/\s+/g, ' '),
      environment: this.environment,
      ...(branch && { branch }),
    };
  }

  clear(): void {
    this.custom = '';
    this.branch = '';
  }
}
