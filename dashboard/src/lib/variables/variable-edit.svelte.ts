import { Environment, type VariableInfo, type VariableInput } from '@appflux/protocol';
import { VariableRow } from './variable-rows.svelte.ts';

/** What someone else did to a variable while it was edited. */
export type Concern = 'changed' | 'deleted';

/** A new value for a variable, as it is being typed. */
export class VariableEdit {
  readonly row: VariableRow;
  environments = $state<Environment[]>([]);
  readonly #before: VariableInfo;
  /** The state of the variable that the user has seen, and agrees to replace. */
  #seen = $state.raw<string>('');

  constructor(variable: VariableInfo) {
    this.#before = variable;
    this.row = new VariableRow(0, variable.name);
    this.row.choice = variable.automatic ? null : variable.sensitive;
    this.environments = [...variable.environments];
    this.#seen = stateOf(variable);
  }

  get name(): string {
    return this.row.name;
  }

  get before(): VariableInfo {
    return this.#before;
  }

  get problem(): string | null {
    return this.environments.length === 0 ? 'Choose at least one environment.' : null;
  }

  /** What happened to the variable since the edit began, given what it is now; null if nothing did. */
  concern(now: VariableInfo | undefined): Concern | null {
    if (stateOf(now) === stateOf(this.#before)) return null;
    return now === undefined ? 'deleted' : 'changed';
  }

  /** Call it when the page shows this state of the variable next to the edit. */
  see(now: VariableInfo | undefined): void {
    this.#seen = stateOf(now);
  }

  /** Whether the user has seen the state that a save would replace. */
  hasSeen(now: VariableInfo | undefined): boolean {
    return this.#seen === stateOf(now);
  }

  toInput(): VariableInput {
    const environments = Environment.options.filter((one) => this.environments.includes(one));
    return { value: this.row.value, environments, sensitive: this.row.choice };
  }
}

/** Differs whenever a variable was set or changed. Values can't be compared: they are never given back. */
const stateOf = (variable: VariableInfo | undefined): string =>
  variable === undefined
    ? 'deleted'
    : JSON.stringify([variable.updatedAt, variable.environments, variable.sensitive, variable.automatic]);
