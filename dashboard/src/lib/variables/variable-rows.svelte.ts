import { sensitivityOf, type VariableInput, VariableName } from '@appflux/protocol';
import { type DotenvLine, looksLikeDotenv, parseDotenv } from './dotenv.ts';

/** A variable as it is being written. */
export class VariableRow {
  readonly id: number;
  name = $state('');
  value = $state('');
  /** Whether logs hide the value, as the person chose; null leaves it to the name and the value. */
  choice = $state<boolean | null>(null);

  constructor(id: number, name = '', value = '') {
    this.id = id;
    this.name = name;
    this.value = value;
  }

  /** Whether logs will hide the value. */
  get sensitive(): boolean {
    return this.choice ?? this.#automatic.sensitive;
  }

  /** What will happen to the value in logs, and why. */
  get sensitivityNote(): string {
    const visible = this.sensitive ? 'Hidden in logs' : 'Visible in logs';
    return this.choice === null ? `${visible}: ${this.#automatic.reason}.` : `${visible}, as you chose.`;
  }

  get #automatic() {
    return sensitivityOf(this.name.trim(), this.value);
  }

  get blank(): boolean {
    return this.name.trim() === '' && this.value === '';
  }
}

/** Variables being written, one a row, of which the last may be blank. */
export class VariableRows {
  #nextId = 1;
  rows = $state<VariableRow[]>([]);
  /** Lines of the last paste that could not be read. */
  problems = $state.raw<readonly DotenvLine[]>([]);

  constructor() {
    this.add();
  }

  /** The rows that hold something. */
  get filled(): VariableRow[] {
    return this.rows.filter((row) => !row.blank);
  }

  add(name = '', value = ''): VariableRow {
    const row = new VariableRow(this.#nextId++, name, value);
    this.rows.push(row);
    return row;
  }

  remove(id: number): void {
    this.rows = this.rows.filter((row) => row.id !== id);
    if (this.rows.length === 0) this.add();
  }

  clear(): void {
    this.rows = [];
    this.problems = [];
    this.add();
  }

  /** What is wrong with a row's name; null when nothing is. */
  problem(row: VariableRow): string | null {
    if (row.blank) return null;
    const name = row.name.trim();
    if (name === '') return 'Enter a name.';
    const parsed = VariableName.safeParse(name);
    if (!parsed.success) return parsed.error.issues[0]?.message ?? 'Invalid name.';
    const same = this.rows.find((other) => other.name.trim() === name);
    return same === row ? null : 'This name is already used.';
  }

  get valid(): boolean {
    return this.rows.every((row) => this.problem(row) === null);
  }

  /**
   * Spreads pasted assignments over rows, beginning at one; a name that is there already gets the new
   * value. Answers false when the text is a single value and is to be pasted as it is.
   */
  paste(text: string, at: VariableRow): boolean {
    if (!looksLikeDotenv(text)) return false;
    this.addDotenv(text);
    if (at.blank && this.rows.length > 1) this.remove(at.id);
    return true;
  }

  /** Adds what a `.env` file says. */
  addDotenv(text: string): void {
    const { variables, problems } = parseDotenv(text);
    this.problems = problems;
    for (const { name, value } of variables) {
      const known = this.rows.find((row) => row.name.trim() === name);
      if (known) known.value = value;
      else this.add(name, value);
    }
    this.rows = this.rows.filter((row) => !row.blank);
    if (this.rows.length === 0) this.add();
  }

  /** The variables as a call takes them. */
  toRecord(): Record<string, string | VariableInput> {
    return Object.fromEntries(
      this.filled.map(({ name, value, choice }) => [
        name.trim(),
        choice === null ? value : { value, sensitive: choice },
      ]),
    );
  }
}
