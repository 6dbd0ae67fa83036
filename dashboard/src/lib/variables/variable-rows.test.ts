import { describe, expect, test } from 'vitest';
import { VariableRows } from './variable-rows.svelte.ts';

const first = (rows: VariableRows) => {
  const [row] = rows.rows;
  if (!row) throw new Error('there is always a row');
  return row;
};

describe('the form of variables', () => {
  test('starts with an empty row, which is valid and not a variable', () => {
    const rows = new VariableRows();
    expect(rows.rows).toHaveLength(1);
    expect(rows.valid).toBe(true);
    expect(rows.toRecord()).toEqual({});
  });

  test('fills rows from a pasted .env file, and updates existing names', () => {
    const rows = new VariableRows();
    rows.add('B', 'old');
    expect(rows.paste('A=1\nB="2"\nnonsense', first(rows))).toBe(true);
    expect(rows.toRecord()).toEqual({ A: '1', B: '2' });
    expect(rows.problems).toEqual([{ line: 3, message: 'No = found.' }]);
  });

  test('keeps a pasted value as it is', () => {
    const rows = new VariableRows();
    expect(rows.paste('s3cret', first(rows))).toBe(false);
  });

  test('requires unique names that are valid in a shell', () => {
    const rows = new VariableRows();
    const row = first(rows);
    row.name = '2fast';
    expect(rows.problem(row)).toMatch(/can’t start with a digit/);
    row.name = '';
    row.value = 'x';
    expect(rows.problem(row)).toBe('Enter a name.');
    row.name = 'A';
    const twin = rows.add('A ', '2');
    expect(rows.problem(row)).toBe(null);
    expect(rows.problem(twin)).toMatch(/already used/);
    expect(rows.valid).toBe(false);
    rows.remove(twin.id);
    expect(rows.valid).toBe(true);
  });

  test('shows whether logs hide a value, and why, until the user chooses', () => {
    const rows = new VariableRows();
    const row = first(rows);
    Object.assign(row, { name: 'MODE', value: 'production' });
    expect(row.sensitive).toBe(false);
    expect(row.sensitivityNote).toBe('Visible in logs: its value is plain.');
    row.name = 'DEPLOY_TOKEN';
    expect(row.sensitive).toBe(true);
    expect(row.sensitivityNote).toBe('Hidden in logs: its name announces a secret.');
    expect(rows.toRecord()).toEqual({ DEPLOY_TOKEN: 'production' });
    row.choice = false;
    expect(row.sensitive).toBe(false);
    expect(row.sensitivityNote).toBe('Visible in logs, as you chose.');
    expect(rows.toRecord()).toEqual({ DEPLOY_TOKEN: { value: 'production', sensitive: false } });
  });

  test('keeps an empty row when the last one is removed', () => {
    const rows = new VariableRows();
    rows.remove(first(rows).id);
    expect(rows.rows).toHaveLength(1);
  });
});
