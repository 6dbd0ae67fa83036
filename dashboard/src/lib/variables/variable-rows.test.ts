import { describe, expect, test } from 'vitest';
import { VariableRows } from './variable-rows.svelte.ts';

const first = (rows: VariableRows) => {
  const [row] = rows.rows;
  if (!row) throw new Error('there is always a row');
  return row;
};

describe('variables being written', () => {
  test('begin with a blank row, which is no variable and no fault', () => {
    const rows = new VariableRows();
    expect(rows.rows).toHaveLength(1);
    expect(rows.valid).toBe(true);
    expect(rows.toRecord()).toEqual({});
  });

  test('are spread over rows when a .env file is pasted, over names that are there already', () => {
    const rows = new VariableRows();
    rows.add('B', 'old');
    expect(rows.paste('A=1\nB="2"\nnonsense', first(rows))).toBe(true);
    expect(rows.toRecord()).toEqual({ A: '1', B: '2' });
    expect(rows.problems).toEqual([{ line: 3, message: 'No = found.' }]);
  });

  test('take a pasted secret as it is', () => {
    const rows = new VariableRows();
    expect(rows.paste('s3cret', first(rows))).toBe(false);
  });

  test('are named once, by names that a shell takes', () => {
    const rows = new VariableRows();
    const row = first(rows);
    row.name = '2fast';
    expect(rows.problem(row)).toMatch(/not starting with a digit/);
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

  test('say whether logs will hide their values, and why, until a person chooses', () => {
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

  test('keep a row to write in when the last is removed', () => {
    const rows = new VariableRows();
    rows.remove(first(rows).id);
    expect(rows.rows).toHaveLength(1);
  });
});
