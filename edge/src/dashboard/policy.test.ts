import { expect, test } from 'vitest';
import { connectSources, policyOf } from './policy.ts';

const page = (policy: string) =>
  `<!doctype html><head><meta http-equiv="content-security-policy" content="${policy}"></head><p>Page</p>`;

test('a page’s policy becomes a header with the instance’s own sources', () => {
  const own =
    "default-src 'none'; script-src 'self' 'sha256-abc='; connect-src 'self' https: http:; base-uri 'self'";
  expect(policyOf(page(own), ["'self'", 'https://storage.example.com'])).toEqual({
    page: '<!doctype html><head></head><p>Page</p>',
    policy:
      "default-src 'none'; script-src 'self' 'sha256-abc='; base-uri 'self'; connect-src 'self' https://storage.example.com; frame-ancestors 'none'",
  });
});

test('only connect-src is replaced, and what HTML has escaped is read', () => {
  const { policy } = policyOf(
    page('x-connect-src a; connect-srcs b; CONNECT-SRC *; img-src &#39;self&#39;'),
    ["'self'"],
  );
  expect(policy).toBe(
    "x-connect-src a; connect-srcs b; img-src 'self'; connect-src 'self'; frame-ancestors 'none'",
  );
});

test('a page without a policy gets what is known', () => {
  const text = '<p>content-security-policy</p>';
  expect(policyOf(text, ["'self'"])).toEqual({
    page: text,
    policy: "connect-src 'self'; frame-ancestors 'none'",
  });
});

test.each([
  [
    {
      PUBLIC_URL: 'https://apps.example.com',
      S3_ENDPOINT: 'https://account.r2.example.com/bucket?x',
      SUPABASE_URL: 'https://project.supabase.example/',
    },
    [
      "'self'",
      'wss://apps.example.com',
      'https://account.r2.example.com',
      'https://project.supabase.example',
    ],
  ],
  [
    {
      PUBLIC_URL: 'http://localhost:8787',
      S3_ENDPOINT: 'http://10.0.0.1:9000',
      S3_PUBLIC_ENDPOINT: 'http://localhost:8787/cdn-cgi/local/r2/s3',
    },
    ["'self'", 'ws://localhost:8787', 'http://localhost:8787'],
  ],
  // A value from outside adds no other source or directive.
  [
    {
      PUBLIC_URL: 'https://a.example',
      S3_ENDPOINT: "javascript:alert(1) ; script-src 'unsafe-inline'",
      SUPABASE_URL: 'x',
    },
    ["'self'", 'wss://a.example'],
  ],
  [{}, ["'self'"]],
])('the settings %j allow connections to %j', (env, sources) => {
  expect(connectSources(env)).toEqual(sources);
});
