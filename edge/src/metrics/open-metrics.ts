/** Writes metrics in the OpenMetrics text format, version 1.0.0. Source: https://prometheus.io/docs/specs/om/open_metrics_spec/ */

export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** One value of a metric. */
export interface Sample {
  labels?: Readonly<Record<string, string>>;
  value: number;
}

/** A metric with all of its values. The samples of a counter get the suffix `_total`, which is no part of its name. */
export interface Family {
  name: string;
  type: 'gauge' | 'counter' | 'summary';
  help: string;
  /** The name has to end with it. */
  unit?: string;
  samples: readonly Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** The text of some families, with its end marker. Throws RangeError if a name, a unit or the set of labels is invalid. */
export function renderOpenMetrics(families: readonly Family[]): string {
  const names = families.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new RangeError('A metric is there twice');
  return `${families.flatMap(linesOf).join('\n')}${families.length > 0 ? '\n' : ''}# EOF\n`;
}

function linesOf({ name, type, help, unit, samples }: Family): string[] {
  if (!NAME.test(name)) throw new RangeError(`"${name}" is not the name of a metric`);
  if (unit !== undefined && !name.endsWith(`_${unit}`)) throw new RangeError(`${name} lacks its unit`);
  const sampleName = type === 'counter' ? `${name}_total` : name;
  const keys = samples.map(({ labels = {} }) => labelsOf(labels));
  if (new Set(keys).size < keys.length) throw new RangeError(`${name} has the same labels twice`);
  return [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped(help)}`,
    ...samples.map(({ value }, index) => `${sampleName}${keys[index]} ${numberOf(value)}`),
  ];
}

/** Labels in the order of their names, so that the same set always reads the same. */
function labelsOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  for (const [name] of pairs)
    if (!LABEL.test(name)) throw new RangeError(`"${name}" is not the name of a label`);
  if (pairs.length === 0) return '';
  return `{${pairs.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`;
}

/** Text in which nothing ends a line or a quoted value. Half a surrogate pair is no UTF-8 and is replaced. */
const escaped = (text: string): string =>
  text.toWellFormed().replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

function numberOf(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}
