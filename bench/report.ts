/** How a benchmark is printed: the conditions of the measurement, and a table. */
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, platform, release, totalmem } from 'node:os';

/** A table with a heading; numbers are right-aligned. */
export function table(heading: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const texts = [heading, ...rows].map((row) => row.map(String));
  const widths = heading.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const isNumber = heading.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  const line = (row: readonly string[]) =>
    row
      .map((text, column) =>
        isNumber[column] ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [
    line(texts[0] ?? []),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...texts.slice(1).map(line),
  ].join('\n');
}

/** Rounds for people: three significant digits, no exponent. */
export const round = (value: number): number => Number(value.toPrecision(3));

/** What figures depend on besides the code: the machine, its current load, and the commit. */
export function conditions(): string {
  const [processor] = cpus();
  const [load = 0] = loadavg();
  const gigabytes = Math.round(totalmem() / 1024 ** 3);
  return [
    `${new Date().toISOString()}, commit ${commit()}`,
    `${cpus().length} CPUs (${processor?.model.trim() ?? 'unknown'}), ${gigabytes} GB, ${platform()} ${release()}, Node ${process.version}`,
    `load average at the start ${load.toFixed(1)}${load > cpus().length / 2 ? ': the machine was busy, only ratios are meaningful' : ''}`,
  ].join('\n');
}

function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  return (
    git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '-uno') === '' ? '' : ' with changes')
  );
}

/** Prints a line of progress on standard error, so that standard output contains only the result. */
export const progress = (text: string): void => void process.stderr.write(`${text}\n`);

/** Prints the result. */
export function print(title: string, ...parts: readonly string[]): void {
  process.stdout.write(`${[title, ...parts].join('\n\n')}\n`);
}
