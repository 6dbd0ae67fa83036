import { describe, expect, it } from 'vitest';
import { Ledger } from './ledger.ts';
import { REFUSALS, Refusal, type RefusalReason, shown } from './refusal.ts';
import { renderReport } from './report.ts';

const LIMITS = { bytesIn: 1e9, bytesOut: 1e9 };

describe('the report', () => {
  it('tells what was reached, and what was refused with the way to allow it', () => {
    const ledger = new Ledger(LIMITS, () => undefined);
    ledger.request('packages.test:443');
    for (let time = 0; time < 3; time += 1) {
      ledger.refuse(new Refusal('host_not_allowed', 'telemetry.test:443'));
    }
    ledger.refuse(new Refusal('address_not_public', 'inside.test:443', 'private'));
    expect(renderReport(ledger.report())).toEqual([
      'Network: packages.test:443: 1 request, 0 B in, 0 B out',
      'Network: refused 3 times: telemetry.test:443 is not an allowed host. The owner of the runner can add it to the allowed hosts.',
      'Network: refused once: inside.test:443 is an allowed host, but resolves to an address that is not public (private). The owner of the runner can add the address to the allowed address ranges.',
    ]);
  });

  it('logs the first refusal of each kind immediately, and later ones not again', () => {
    const log: string[] = [];
    const ledger = new Ledger(LIMITS, (text) => log.push(text));
    for (let time = 0; time < 5; time += 1)
      ledger.refuse(new Refusal('host_not_allowed', 'telemetry.test:443'));
    ledger.refuse(new Refusal('port_not_allowed', 'telemetry.test:443'));
    expect(log).toHaveLength(2);
    expect(log[0]).toContain('telemetry.test:443 is not an allowed host');
  });

  it('stays short, whatever a build invents', () => {
    const log: string[] = [];
    const ledger = new Ledger(LIMITS, (text) => log.push(text));
    for (let number = 0; number < 5000; number += 1) {
      ledger.request(`name-${number}.test:443`);
      ledger.refuse(new Refusal('host_not_allowed', `name-${number}.test:443`));
    }
    const report = ledger.report();
    expect(report.hosts.reduce((sum, host) => sum + host.requests, 0)).toBe(5000);
    expect(report.refused.reduce((sum, { count }) => sum + count, 0) + report.refusedUnlisted).toBe(5000);
    expect(log.length).toBeLessThanOrEqual(200);
    const lines = renderReport(report);
    expect(lines.length).toBeLessThanOrEqual(42);
    expect(lines.at(-1)).toBe('Network: and 4980 more refusals');
  });

  it.each(Object.keys(REFUSALS) as RefusalReason[])('has a sentence for %s', (reason) => {
    expect(new Refusal(reason, 'host.test:443').message).toMatch(/^host\.test:443 .+\.$/);
  });

  it('shows what a build sent without letting it write to a terminal or fill the log', () => {
    expect(shown('\u001b[2Jevil\r\n.test')).toBe('?[2Jevil??.test');
    expect(shown('x'.repeat(10_000))).toHaveLength(120);
  });
});
