/** What docs/monitoring.md offers: its tables, alert rules and dashboard use metrics that exist, and Prometheus reads them. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { METRICS, SAMPLE_NAMES } from '../../edge/src/metrics/catalogue.ts';
import { familiesOf } from '../../edge/src/metrics/families.ts';
import { OPEN_METRICS_TYPE, renderOpenMetrics } from '../../edge/src/metrics/open-metrics.ts';
import { FULL } from '../../edge/src/metrics/testing/sample-facts.ts';
import { freePort } from '../free-port.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const ALERTS = join(ROOT, 'docs', 'monitoring', 'alerts.yml');
const DASHBOARD = join(ROOT, 'docs', 'monitoring', 'grafana-dashboard.json');
const PAGE = join(ROOT, 'docs', 'monitoring.md');

const PROMTOOL = '/usr/bin/promtool';
const PROMETHEUS = '/usr/bin/prometheus';
/** With a version that has to be escaped in a label. */
const FACTS = { ...FULL, version: '1.2.3"\\\n' };

const WITHOUT_PROMETHEUS = 'Prometheus is not installed: apt-get install prometheus';

/** The metrics that an expression names: everything else that starts like one is a metric that does not exist. */
const metricsIn = (text: string): string[] => text.match(/\bappflux_\w+/g) ?? [];

const expressionsOf = (alerts: string): string[] =>
  [...alerts.matchAll(/^ +expr: (.+)$/gm)].map(([, expression = '']) => expression);

interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[];
  templating: { list: { query: string | { query: string } }[] };
}

test('the page lists every metric by the name that queries use, with its type and labels', async () => {
  const page = await readFile(PAGE, 'utf8');
  const rows = [...page.matchAll(/^\| `(appflux_\w+)` \| (\w+) \| (.*?) \|/gm)];
  expect(rows.map(([, name]) => name)).toEqual([...SAMPLE_NAMES]);
  for (const [, name = '', type, labels = ''] of rows) {
    const metric: { type: string; labels?: readonly string[] } | undefined = (
      METRICS as Record<string, { type: string; labels?: readonly string[] }>
    )[name.replace(/_total$/, '')];
    expect(type, name).toBe(metric?.type);
    for (const label of metric?.labels ?? []) expect(labels, name).toContain(`\`${label}\``);
  }
  expect(metricsIn(page).filter((name) => !SAMPLE_NAMES.has(name))).toEqual([]);
});

test('every alert uses metrics that exist, and is on the page', async () => {
  const [alerts, page] = await Promise.all([readFile(ALERTS, 'utf8'), readFile(PAGE, 'utf8')]);
  const names = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  expect([...page.matchAll(/^\| `(AppFlux\w+)` \|/gm)].map(([, name]) => name)).toEqual(names);
  const expressions = expressionsOf(alerts);
  expect(expressions).toHaveLength(names.length);
  for (const expression of expressions)
    expect(
      metricsIn(expression).filter((name) => !SAMPLE_NAMES.has(name)),
      expression,
    ).toEqual([]);
});

test('every panel of the dashboard uses metrics that exist', async () => {
  const { panels, templating }: Dashboard = JSON.parse(await readFile(DASHBOARD, 'utf8'));
  const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  for (const { query } of templating.list) queries.push(typeof query === 'string' ? query : query.query);
  for (const query of queries)
    expect(
      metricsIn(query).filter((name) => !SAMPLE_NAMES.has(name)),
      query,
    ).toEqual([]);
  for (const { title, targets } of panels)
    for (const { expr } of targets) expect(metricsIn(expr).length, title).toBeGreaterThan(0);
});

test('promtool accepts the alert rules', async ({ skip }) => {
  if (!existsSync(PROMTOOL)) return skip(WITHOUT_PROMETHEUS);
  const { stdout } = await execa(PROMTOOL, ['check', 'rules', ALERTS]);
  expect(stdout).toContain('SUCCESS');
});

test('promtool accepts the expressions of the dashboard', async ({ skip }) => {
  if (!existsSync(PROMTOOL)) return skip(WITHOUT_PROMETHEUS);
  const { panels }: Dashboard = JSON.parse(await readFile(DASHBOARD, 'utf8'));
  const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const rules = expressions.map((expr, index) => ({
    record: `panel_${index}`,
    expr: expr.replaceAll('$__rate_interval', '5m'),
  }));
  const folder = await mkdtemp(join(tmpdir(), 'appflux-panels-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'panels.yml');
  // JSON is YAML.
  await writeFile(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
  await execa(PROMTOOL, ['check', 'rules', file]);
});

test('promtool accepts the metrics, and has no advice', async ({ skip }) => {
  if (!existsSync(PROMTOOL)) return skip(WITHOUT_PROMETHEUS);
  // It reads Prometheus's older format, in which the suffix of a counter is part of its name.
  const input = renderOpenMetrics(familiesOf(FACTS))
    .replace(/^# TYPE (\w+) counter$/gm, '# TYPE $1_total counter')
    .replace(/^# HELP (appflux_http_requests|appflux_storage_errors) /gm, '# HELP $1_total ');
  const { all } = await execa(PROMTOOL, ['check', 'metrics'], { input, all: true });
  expect(all).toBe('');
});

test('Prometheus scrapes the metrics as OpenMetrics, and evaluates every alert', async ({ skip }) => {
  if (!existsSync(PROMETHEUS)) return skip(WITHOUT_PROMETHEUS);
  const accepted: string[] = [];
  const server = createServer((request, response) => {
    accepted.push(request.headers.accept ?? '');
    response.setHeader('Content-Type', OPEN_METRICS_TYPE);
    response.end(renderOpenMetrics(familiesOf(FACTS)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const folder = await mkdtemp(join(tmpdir(), 'appflux-prometheus-'));
  const target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [ALERTS],
    scrape_configs: [{ job_name: 'appflux', static_configs: [{ targets: [target] }] }],
  };
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const port = await freePort();
  const prometheus = execa(
    PROMETHEUS,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { reject: false, all: true },
  );
  onTestFinished(async () => {
    prometheus.kill('SIGKILL');
    await prometheus;
    await rm(folder, { recursive: true, force: true });
  });
  const ask = async <Data>(path: string): Promise<Data | null> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`).catch(() => null);
    return answer?.ok ? ((await answer.json()) as { data: Data }).data : null;
  };
  const value = async (query: string) => {
    const data = await ask<{ result: { value: [number, string] }[] }>(
      `query?query=${encodeURIComponent(query)}`,
    );
    return data?.result[0]?.value[1];
  };
  const poll = { timeout: 50_000, interval: 500 };
  await expect.poll(() => value('up'), poll).toBe('1');
  expect(accepted[0]).toContain('application/openmetrics-text');
  for (const name of SAMPLE_NAMES) expect(await value(`count(${name}) > 0`), name).toBeDefined();
  const states = async () => {
    const data = await ask<{ groups: { rules: { health: string }[] }[] }>('rules');
    return data?.groups.flatMap(({ rules }) => rules.map(({ health }) => health)) ?? [];
  };
  await expect.poll(states, poll).toEqual(expressionsOf(await readFile(ALERTS, 'utf8')).map(() => 'ok'));
});
