/**
 * Compares and merges forms field by field. A form is an instance of a class whose fields are `$state`: Svelte turns each
 * into a getter and a setter of the class. Forms may hold other forms.
 */

type Fields = Record<string, unknown>;

/** A field that two people changed in different ways. */
export interface Conflict {
  /** Its name; those of an inner form begin with the form's name and a full stop. */
  readonly field: string;
  readonly theirs: unknown;
}

/** Whether two forms of the same class differ in any field. */
export function differ(one: object, other: object): boolean {
  return (
    fieldNames(one).some((name) => !isSame(valueIn(one, name), valueIn(other, name))) ||
    innerForms(one).some(([name, form]) => differ(form, innerForm(other, name)))
  );
}

/** Sets all fields of `form` to those of `source`. */
export function copyFields(source: object, form: object): void {
  for (const name of fieldNames(form)) (form as Fields)[name] = valueIn(source, name);
  for (const [name, inner] of innerForms(form)) copyFields(innerForm(source, name), inner);
}

/**
 * Brings what changed from `before` to `theirs` into `form`. Fields that were also edited in the form keep their value.
 * Gives those whose two values differ.
 */
export function merge(form: object, before: object, theirs: object, path = ''): Conflict[] {
  const conflicts: Conflict[] = [];
  for (const name of fieldNames(form)) {
    const [mine, old, now] = [form, before, theirs].map((one) => valueIn(one, name));
    if (isSame(now, old) || isSame(now, mine)) continue;
    if (isSame(mine, old)) (form as Fields)[name] = now;
    else conflicts.push({ field: path + name, theirs: now });
  }
  for (const [name, inner] of innerForms(form))
    conflicts.push(...merge(inner, innerForm(before, name), innerForm(theirs, name), `${path}${name}.`));
  return conflicts;
}

/** Sets one field, named as in a conflict. */
export function setField(form: object, field: string, value: unknown): void {
  const [name = '', ...rest] = field.split('.');
  if (rest.length === 0) (form as Fields)[name] = value;
  else setField(innerForm(form, name), rest.join('.'), value);
}

/** The value of one field, named as in a conflict. */
export function fieldOf(form: object, field: string): unknown {
  const [name = '', ...rest] = field.split('.');
  return rest.length === 0 ? valueIn(form, name) : fieldOf(innerForm(form, name), rest.join('.'));
}

function fieldNames(form: object): string[] {
  const members = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(form)));
  return members.filter(([, { get, set }]) => get && set).map(([name]) => name);
}

const innerForms = (form: object): [string, object][] =>
  Object.entries(form).filter(
    ([, value]) =>
      typeof value === 'object' &&
      value !== null &&
      ![Object.prototype, null].includes(Object.getPrototypeOf(value)) &&
      fieldNames(value).length > 0,
  );

const innerForm = (form: object, name: string): object => valueIn(form, name) as object;

const valueIn = (form: object, name: string): unknown => (form as Fields)[name];

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
