import { expect, test } from 'vitest';
import { readAudit } from './audit.ts';

/** As npm 11 prints them, shortened. */
const report = (severity: string) =>
  JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities: { minimist: { name: 'minimist', severity, isDirect: false, via: [], range: '<0.2.4' } },
    metadata: { vulnerabilities: { total: 1 } },
  });
const REFUSED = JSON.stringify({
  message: '405 Method Not Allowed',
  method: 'POST',
  statusCode: 405,
  body: '',
});

test.each(['high', 'critical'])('a vulnerability of severity %s is reported', (severity) => {
  expect(readAudit(report(severity))).toEqual({
    kind: 'found',
    packages: [`minimist <0.2.4 (${severity})`],
  });
});

test.each(['info', 'low', 'moderate'])('one of severity %s is not', (severity) => {
  expect(readAudit(report(severity))).toEqual({ kind: 'found', packages: [] });
});

test('a registry that does not support audits, or is unreachable, does not count as one that finds nothing', () => {
  expect(readAudit(REFUSED)).toEqual({
    kind: 'unknown',
    reason: 'the registry does not support audits (405)',
  });
  expect(readAudit('')).toEqual({ kind: 'unknown', reason: 'npm printed no report' });
  expect(readAudit('{"error":{"code":"ENOAUDIT"}}')).toMatchObject({ kind: 'unknown' });
});
