import { SettableVariableName, sensitivityOf, type VariableInput } from '@appflux/protocol';
import { type DotenvLine, looksLikeDotenv, parseDotenv } from './dotenv.ts';

/** A row of the form: one variable. */
export class VariableRow {
  readonly id: number;
  name = $state('');
  value = $state('');
  /** Whether logs hide the value, as the user chose; null decides by its name and value. */
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

  /** Whether logs hide the value, and why. */
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

/** The form of several variables. */
export class VariableRows {
  #nextId = 1;
  rows = $state<VariableRow[]>([]);
  /** Invalid lines of the last paste. */
  problems = $state.raw<readonly DotenvLine[]>([]);

  constructor() {
    this.add();
  }

  /** The rows that are not empty. */
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

  /** What is wrong with a row's name; null if it is valid. */
  problem(row: VariableRow): string | null {
    if (row.blank) return null;
    const name = row.name.trim();
    if (name === '') return 'Enter a name.';
    const parsed = SettableVariableName.safeParse(name);
    if (!parsed.success) return parsed.error.issues[0]?.message ?? 'Invalid name.';
    const same = this.rows.find((other) => other.name.trim() === name);
    return same === row ? null : 'This name is already used.';
  }

  get valid(): boolean {
    return this.rows.every((row) => this.problem(row) === null);
  }

  /**
   * Adds pasted assignments as rows, starting at a row; existing names get the new value. Returns false if the text is a
   * single value, which is pasted as it is.
   */
  paste(text: string, at: VariableRow): boolean {
    if (!looksLikeDotenv(text)) return false;
    this.addDotenv(text);
    if (at.blank && this.rows.length > 1) this.remove(at.id);
    return true;
  }

  /** Adds the variables of a `.env` file. */
  addDotenv(text: string): void {
    const { variables, problems } = parseDotenv(text);
    this.problems = problems;
    for (const { name, value } of variables) {
      const existing = this.rows.find((row) => row.name.trim() === name);
      if (existing) existing.value = value;
      else this.add(name, value);
    }
    this.rows = this.rows.filter((row) => !row.blank);
    if (this.rows.length === 0) this.add();
  }

  /** The variables as the API expects them. */
  toRecord(): Record<string, string | VariableInput> {
    return Object.fromEntries(
      this.filled.map(({ name, value, choice }) => [
        name.trim(),
        choice === null ? value : { value, sensitive: choice },
      ]),
    );
  }
}
