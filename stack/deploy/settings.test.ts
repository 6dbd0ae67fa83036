import { expect, test } from 'vitest';
import { dashboardHost, parseSettings, serversName, TEMPLATE } from './settings.ts';

const ACCOUNT = '0123456789abcdef0123456789abcdef';
const file = (changes: Record<string, string> = {}) =>
  Object.entries({
    public_url: '"https://apps.example.com"',
    sites_domain: '"example.net"',
    account_id: `"${ACCOUNT}"`,
    ...changes,
  })
    .map(([name, value]) => `${name} = ${value}`)
    .join('\n');

/** Why a file is refused. */
function refusal(text: string): string {
  try {
    parseSettings(text);
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}

test('three values are enough', () => {
  const settings = parseSettings(file());
  expect(settings).toEqual({
    public_url: 'https://apps.example.com',
    sites_domain: 'example.net',
    account_id: ACCOUNT,
    plan: 'paid',
    dashboard: 'assets',
    name: 'appflux-edge',
    database: 'appflux',
    metadata_databases: 1,
    bucket: 'appflux',
    pages_project: 'appflux',
    servers: false,
    order_certificate: false,
    email: false,
    placement: 'smart',
    vars: {},
  });
  expect([dashboardHost(settings), serversName(settings)]).toEqual(['apps.example.com', 'appflux-servers']);
  expect(serversName({ name: 'second' })).toBe('second-servers');
});

test('the template that is printed is a valid file', () => {
  expect(parseSettings(TEMPLATE).sites_domain).toBe('example.net');
});

test.each([
  ['http://apps.example.com', 'must be an https URL'],
  ['https://apps.example.com/', 'must be an https URL'],
  ['https://apps.example.com:8443', 'must be an https URL'],
  ['https://apps.example.com/x', 'must be an https URL'],
  ['https://user@apps.example.com', 'must be an https URL'],
  ['https://localhost', 'must be an https URL'],
  ['https://apps.localhost', 'must be an https URL'],
  ['https://APPS.example.com', 'must be an https URL'],
  ['https://203.0.113.7', 'must be an https URL'],
])('public_url %s: %s', (url, why) => {
  expect(refusal(file({ public_url: `"${url}"` }))).toContain(why);
});

test.each([
  ['sites_domain', '"localhost"', 'must be a domain'],
  ['sites_domain', '"*.example.net"', 'must be a domain'],
  ['sites_domain', '"sites.localhost:8787"', 'must be a domain'],
  ['sites_domain', '"example.com"', 'sites could set its cookies'],
  ['sites_domain', '"apps.example.com"', 'sites could set its cookies'],
  ['account_id', '"me"', '32 hexadecimal digits'],
  ['plan', '"pro"', 'plan'],
  ['metadata_databases', '0', 'metadata_databases'],
  ['metadata_databases', '9', 'metadata_databases'],
  ['metadata_databases', '1.5', 'metadata_databases'],
  ['sites-domain', '"a.b"', 'did you mean sites_domain?'],
  ['bucket', '"A"', 'lower-case'],
  ['vars', '{ PUBLIC_URL = "x" }', 'vars.PUBLIC_URL is decided by public_url'],
  ['vars', '{ SEALING_KEY = "x" }', 'vars.SEALING_KEY is a secret'],
  ['vars', '{ lower = "x" }', 'upper-case'],
  ['vars', '{ ARTIFACTS_DAYS = 30 }', 'vars.ARTIFACTS_DAYS'],
])('%s = %s: %s', (name, value, why) => {
  expect(refusal(file({ [name]: value }))).toContain(why);
});

test.each([['sites.apps.example.com'], ['s.example.com'], ['example.com.evil.net']])(
  'sites below %s are apart from the dashboard',
  (domain) => {
    expect(parseSettings(file({ sites_domain: `"${domain}"` })).sites_domain).toBe(domain);
  },
);

test('all problems are named together, and a secret’s value never', () => {
  const all = refusal(file({ account_id: '"x"', sites_domain: '"x"', vars: '{ SEALING_KEY = "visible" }' }));
  expect(all).toContain('account_id');
  expect(all).toContain('sites_domain');
  expect(all).not.toContain('visible');
});

test('servers need the paid plan', () => {
  expect(refusal(file({ servers: 'true', plan: '"free"' }))).toContain('Workers Paid plan');
  expect(parseSettings(file({ servers: 'true' })).servers).toBe(true);
});

test('a file that is not TOML is refused with the place', () => {
  expect(refusal('public_url = https')).toMatch(/not TOML \(line 1/);
  expect(refusal('')).toBe('public_url is missing; sites_domain is missing; account_id is missing');
});
