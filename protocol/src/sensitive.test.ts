import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sensitivityOf } from './sensitive.ts';

const PEM = (what: string) =>
  `-----BEGIN ${what}-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\n-----END ${what}-----\n`;
const hex = (text: string) => createHash('sha256').update(text).digest('hex');
/** Joined here, so that nothing in this file has the form of a real token. */
const token = (...parts: string[]) => parts.join('');

const SENSITIVE: readonly (readonly [name: string, value: string])[] = [
  // By name.
  ['API_TOKEN', 'abc'],
  ['GITHUB_TOKEN', 'x'],
  ['NPM_TOKEN', 'some-token'],
  ['githubToken', 'x'],
  ['GITHUBTOKEN', 'x'],
  ['TOKEN', 'production'],
  ['CLIENT_SECRET', 'build'],
  ['SECRET', 'de'],
  ['SECRET_KEY_BASE', 'base'],
  ['NEXTAUTH_SECRET', 'changeme'],
  ['JWT_SECRET_V2', 'v2'],
  ['AWS_SECRET_ACCESS_KEY', 'local'],
  ['API_KEY', '12345'],
  ['APIKEY', 'a'],
  ['apiKey', 'demo'],
  ['STRIPE_KEY', 'test'],
  ['SIGNING_KEY', 'k1'],
  ['API_KEY_PROD', 'prod'],
  ['KEY', 'value'],
  ['KEYS', 'a,b'],
  ['PASSWORD', 'production'],
  ['PASSWORD', '1234'],
  ['DB_PASSWORD', 'postgres'],
  ['DBPASSWORD', 'x'],
  ['PGPASSWORD', 'postgres'],
  ['MYSQL_PWD', 'root'],
  ['SMTP_PASS', 'mail'],
  ['SSH_PASSPHRASE', 'correct horse'],
  ['PASSWORD_HASH', 'abcdef'],
  ['SENTRY_DSN', 'o1'],
  ['AWS_CREDENTIALS', 'x'],
  ['GOOGLE_APPLICATION_CREDENTIALS_JSON', '{}'],
  ['HTTP_BASIC_AUTH', 'user'],
  ['_auth', 'x'],
  ['SESSION_COOKIE', 'a=b'],
  ['PASSWORD_SALT', 'salt'],
  ['WALLET_MNEMONIC', 'abandon ability able'],
  ['DEPLOY_WEBHOOK_URL', 'https://example.com/hook'],
  ['CARD_PIN', '4711'],
  ['AZURE_STORAGE_CONNECTION_STRING', 'UseDevelopmentStorage'],
  ['NEXT_PUBLIC_API_KEY', 'abc'],
  ['VITE_FIREBASE_TOKEN', 'abc'],
  ['KEYSTORE', 'AAAA'],
  // By the kind of value.
  ['DATABASE_URL', 'postgres://app:s3cret@db:5432/app'],
  ['DATABASE_URL', 'postgresql://app@db/app'],
  ['MONGODB_URI', 'mongodb+srv://u:p@cluster.example.net/db'],
  ['REDIS_URL', 'redis://:pw@cache:6379'],
  ['PROXY', 'http://user:pass@proxy.example.com:3128'],
  ['GIT_REMOTE', 'https://x-access-token:abc@git.example.com/o/r.git'],
  ['CALLBACK', 'https://example.com/cb?access_token=abc'],
  ['BLOB', 'https://blob.example.net/c/f?sv=2021&sig=abc'],
  ['NOTIFY', 'https://hooks.slack.com/services/T000/B000/XXXX'],
  ['ALERTS', 'https://discord.com/api/webhooks/1/abc'],
  ['DB', 'Server=db;Database=app;User Id=sa;Password=yes'],
  ['MYSQL', 'root:root@tcp(db:3306)/app'],
  ['NPMRC', '//registry.example.com/:_authToken=abc'],
  ['SERVICE_ACCOUNT', '{"type":"service_account","private_key":"x"}'],
  ['CERT', PEM('PRIVATE KEY')],
  ['DEPLOY', PEM('OPENSSH PRIVATE KEY')],
  ['SIGN', PEM('RSA PRIVATE KEY')],
  ['GPG', PEM('PGP PRIVATE KEY BLOCK')],
  ['PUBLIC_THING', PEM('EC PRIVATE KEY')],
  ['HEADER', 'Bearer abc'],
  ['HEADER', 'Basic dXNlcjpwdw=='],
  ['GH', token('ghp', '_', 'a'.repeat(36))],
  ['GH', token('github', '_pat_', 'a'.repeat(22))],
  ['GITLAB', token('glpat', '-', 'a'.repeat(20))],
  ['PAYMENTS', token('sk', '_live_', 'a'.repeat(24))],
  ['PAYMENTS', token('sk', '_test_', 'a'.repeat(24))],
  ['CHAT', token('xoxb', '-', '1234567890-', 'a'.repeat(24))],
  ['AI', token('sk', '-ant-', 'a'.repeat(24))],
  ['AWS_ACCESS_KEY_ID', token('AKIA', 'ABCDEFGHIJKLMNOP')],
  ['NEXT_PUBLIC_MAPS', token('AIza', 'a'.repeat(35))],
  ['ANON', token('eyJ', 'hbGciOiJIUzI1NiJ9', '.eyJyb2xlIjoiYW5vbiJ9.sig')],
  ['BOT', token('123456789', ':', 'A'.repeat(35))],
  ['REGISTRY', token('npm', '_', 'a'.repeat(36))],
  // By its appearance.
  ['STAGE', hex('stage')],
  ['SITE', hex('site').slice(0, 32)],
  ['VALUE', Buffer.from(hex('value'), 'hex').toString('base64')],
  ['HASHED', 'k3J9xQ2vLm8ZpR5tYw7N'],
  ['THING', '9f8a7b6c-5d4e-3f2a-1b0c-9d8e7f6a5b4c'],
  ['HOOK', 'https://example.com/in/9f8a7b6c5d4e3f2a1b0c'],
  ['ADMIN', 'Tr0ub4dor&3'],
  ['CONFIG', 'a: 1\nb: 2'],
];

const PLAIN: readonly (readonly [name: string, value: string])[] = [
  ['DEBUG', '1'],
  ['DEBUG', 'app:*,-app:verbose'],
  ['FLAG', 'true'],
  ['MODE', 'production'],
  ['STAGE', 'build'],
  ['LANGUAGE', 'de'],
  ['LANGUAGE_', 'de'],
  ['EMPTY', ''],
  ['TOKEN', ''],
  ['PASSWORD', '   '],
  ['NODE_ENV', 'production'],
  ['NODE_OPTIONS', '--max-old-space-size=4096'],
  ['CI', 'true'],
  ['LOG_LEVEL', 'debug'],
  ['PORT', '3000'],
  ['TIMEOUT', '30000'],
  ['TIMEOUT', '30s'],
  ['RATIO', '0.75'],
  ['SIZE', '1_000_000'],
  ['NODE_VERSION', '24.1.0'],
  ['FLUTTER', '^3.22.0'],
  ['RELEASE', 'v1.2.3-beta.4'],
  ['TZ', 'Europe/Berlin'],
  ['LANG', 'en_US.UTF-8'],
  ['LOCALE', 'pt-BR'],
  ['REGION', 'eu-central-1'],
  ['AWS_REGION', 'us-east-1'],
  ['BASE_PATH', '/app/'],
  ['HOME_DIR', '/home/builder/.config/app'],
  ['API_URL', 'https://api.example.com/v1'],
  ['API_URL', 'http://localhost:8080'],
  ['DATABASE_URL', 'postgres://db:5432/app'],
  ['DATABASE_URL', 'file:./dev.db'],
  ['REDIS_URL', 'redis://localhost:6379'],
  ['SITE_URL', 'https://my-very-long-project-name-with-words.example.com/some/long/path'],
  ['SEARCH', 'https://example.com/?page=2&sort=name'],
  ['PUBLIC_URL', 'https://example.com'],
  ['PUBLIC_TITLE', 'My site'],
  ['VITE_API_URL', 'https://api.example.com'],
  ['VITE_MODE', 'staging'],
  ['NEXT_PUBLIC_ANALYTICS_ID', 'G-ABC123'],
  ['NEXT_PUBLIC_SITE_NAME', 'Harbor'],
  ['REACT_APP_THEME', 'dark'],
  ['EXPO_PUBLIC_API', 'https://api.example.com'],
  ['APP_NAME', 'Harbor'],
  ['TITLE', 'Hello, world!'],
  ['DESCRIPTION', 'The quick brown fox jumps over 13 lazy dogs'],
  ['AUTHOR', 'Jane Doe'],
  ['AUTHORITY', 'example'],
  ['EMAIL', 'jane@example.com'],
  ['DB_USER', 'postgres'],
  ['DB_HOST', 'db.internal.example.com'],
  ['DB_NAME', 'app_production'],
  ['TOKEN_EXPIRY', '3600'],
  ['TOKEN_TTL', '15m'],
  ['JWT_EXPIRES_IN', '7d'],
  ['JWT_ALGORITHM', 'HS256'],
  ['PASSWORD_MIN_LENGTH', '12'],
  ['SECRET_NAME', 'prod/app/config'],
  ['KEY_ID', 'signing-2024'],
  ['KEY_PATH', '/run/secrets/key.pem'],
  ['AUTH_URL', 'https://login.example.com'],
  ['AUTH_PROVIDER', 'github'],
  ['AUTH0_DOMAIN', 'harbor.eu.auth0.com'],
  ['USE_API_KEY', 'true'],
  ['REQUIRE_PASSWORD', 'false'],
  ['SKIP_AUTH', '1'],
  ['TOKENIZER', 'bpe'],
  ['KEYBOARD', 'qwertz'],
  ['COMPASS', 'north'],
  ['BYPASS', 'on'],
  ['PASSENGERS', '4'],
  ['SECRETARY', 'Jane'],
  ['PWD', '/workspace'],
  ['COMMIT_SHA', '985c8ca0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6'],
  ['GIT_REVISION', '985c8ca'],
  ['IMAGE_DIGEST', hex('image')],
  ['PROJECT_ID', '9f8a7b6c-5d4e-3f2a-1b0c-9d8e7f6a5b4c'],
  ['ACCOUNT', '123456789012'],
  ['CERT', PEM('CERTIFICATE')],
  ['VERIFY', PEM('PUBLIC KEY')],
  ['DEPLOYER', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ user@host'],
  ['STRIPE_PUBLISHABLE', token('pk', '_live_', 'a'.repeat(24))],
  ['FEATURES', 'search,comments,dark-mode'],
  ['MATRIX', 'linux-x64,darwin-arm64'],
  ['CRON', '0 3 * * 1-5'],
  ['DATE', '2024-11-01T12:00:00Z'],
  ['COLOR', '#ff8800'],
  ['GRADLE_OPTS', '-Xmx2g -Dorg.gradle.daemon=false'],
  ['PACKAGE', '@scope/some-package-name@1.2.3'],
  ['BUNDLE', 'com.example.harbor.android'],
  ['IP', '192.168.0.1'],
  ['IP', '2001:0db8:85a3:0000:0000:8a2e:0370:7334'],
  ['COMPONENT', 'MyVeryLongComponentNameForTheApp'],
  ['PARSER', 'XMLHttpRequestURLParserFactory'],
  ['WEBHOOK_PORT', '3000'],
  ['QUERY_STRING', 'page'],
  ['LANG', 'sk-SK'],
  ['PREFIX', 'npm_config'],
  ['CLUSTER', 'app-v2-eu-west-1-node-18-blue'],
  ['OPTIONS', '{"strict":true,"depth":3}'],
];

describe('a variable is sensitive', () => {
  test.each(SENSITIVE)('%s=%j', (name, value) => {
    expect(sensitivityOf(name, value)).toMatchObject({ sensitive: true });
  });
});

describe('a variable is not sensitive', () => {
  test.each(PLAIN)('%s=%j', (name, value) => {
    expect(sensitivityOf(name, value)).toMatchObject({ sensitive: false });
  });
});

test('every decision comes with a reason', () => {
  for (const [name, value] of [...SENSITIVE, ...PLAIN]) {
    expect(sensitivityOf(name, value).reason).toMatch(/^i[ts] .*[^.]$|^its .*[^.]$/);
  }
});

test.each([
  ['hexadecimal', (bytes: Buffer) => bytes.toString('hex')],
  ['base64', (bytes: Buffer) => bytes.toString('base64')],
  ['base64url', (bytes: Buffer) => bytes.toString('base64url')],
])('a generated key in %s is sensitive under any name', (_, write) => {
  const keys = Array.from({ length: 1000 }, (_, index) => write(Buffer.from(hex(`key ${index}`), 'hex')));
  // Rarely, chance produces one that looks like words.
  expect(keys.filter((key) => !sensitivityOf('STAGE', key).sensitive).length).toBeLessThanOrEqual(5);
});

test('property: words are not sensitive', () => {
  const word = fc.string({
    unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'),
    minLength: 1,
    maxLength: 24,
  });
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 5 }),
      fc.constantFrom('-', '_', ' ', '/', '.', ','),
      (words, by) => {
        expect(sensitivityOf('STAGE', words.join(by)).sensitive).toBe(false);
      },
    ),
  );
});

test('reads a large value in linear time', () => {
  for (const unit of [
    'a',
    'a-',
    'password',
    'http://',
    '"',
    ' ',
    'A1',
    '?key',
    '&token=',
    '-----BEGIN A ',
    'user:',
    'password ',
    '1.',
    '1_',
  ]) {
    sensitivityOf('STAGE', unit.repeat(65_536 / unit.length));
  }
});
