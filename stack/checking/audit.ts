/** Known vulnerabilities in the packages that run, as the registry reports them for the lockfile (npm-audit(1)). */
import { execa } from 'execa';
import { z } from 'zod';
import { environmentOfOwn } from '../npm.ts';
import { NOTHING, type Outcome } from '../testing/verdict.ts';

/** Timeout for the registry, in milliseconds. */
const WITHIN_MS = 60_000;

const Report = z.looseObject({
  vulnerabilities: z.record(z.string(), z.looseObject({ severity: z.string(), range: z.string() })),
});

/** What npm prints if the registry has no answer. */
const NoAnswer = z.looseObject({ statusCode: z.int() });

export type Audit =
  /** The packages with a high or critical vulnerability, as `name range (severity)`. */
  | { readonly kind: 'found'; readonly packages: string[] }
  /** The registry could not be asked, for this reason. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Parses the output of `npm audit --json`. Pure. */
export function readAudit(output: string): Audit {
  let json: unknown;
  try {
    json = JSON.parse(output);
  } catch {
    // npm printed no JSON: it failed before it asked the registry.
    return { kind: 'unknown', reason: 'npm printed no report' };
  }
  const report = Report.safeParse(json);
  if (report.success) {
    const packages = Object.entries(report.data.vulnerabilities)
      .filter(([, { severity }]) => severity === 'high' || severity === 'critical')
      .map(([name, { range, severity }]) => `${name} ${range} (${severity})`);
    return { kind: 'found', packages };
  }
  const { data } = NoAnswer.safeParse(json);
  return {
    kind: 'unknown',
    reason: `the registry does not support audits (${data?.statusCode ?? 'no status'})`,
  };
}

/** Audits the packages that run, without development tools. A registry that does not audit is no failure. */
export async function auditPackages(root: string, say: (line: string) => void): Promise<Outcome> {
  const result = await execa('npm', ['audit', '--json', '--omit=dev', '--fetch-retries=0'], {
    cwd: root,
    env: environmentOfOwn(process.env),
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: WITHIN_MS,
  });
  const audit = readAudit(result.stdout ?? '');
  if (audit.kind === 'unknown') {
    return { ...NOTHING, skipped: [{ test: 'known vulnerabilities of packages', reason: audit.reason }] };
  }
  for (const line of audit.packages) say(`known vulnerability: ${line}; run "npm audit" for details`);
  return audit.packages.length === 0 ? { ...NOTHING, passed: 1 } : { ...NOTHING, failed: 1 };
}
