import { describe, expect, test } from 'vitest';
import { LOOPBACK_ONLY } from './addresses/reach.ts';
import { isStackProblem } from './problem.ts';
import { readSettings, stateFolder, withoutSecrets } from './settings.ts';

const problemOf = (env: NodeJS.ProcessEnv): string => {
  try {
    readSettings(env, '/checkout');
  } catch (error) {
    if (isStackProblem(error, 'settings_invalid')) return error.sentence;
    throw error;
  }
  throw new Error('these settings were accepted');
};

describe('settings of a local start', () => {
  test('need nothing in the environment', () => {
    expect(readSettings({}, '/checkout')).toEqual({
      port: 8787,
      reach: LOOPBACK_ONLY,
      certificatesPerTeam: 20,
      state: '/checkout/.appflux',
      runners: 1,
      slots: 1,
      images: ['web'],
      bootstrapToken: null,
      allowPrivateSources: false,
      scan: 'optional',
      pictures: 'auto',
      logLevel: 'info',
      minFreeBytes: null,
      metadataDatabases: 1,
      serversMemoryBytes: 1024 ** 3,
      smtpUrl: null,
      requestLog: false,
      storage: null,
      environment: {},
      passedOn: {},
    });
  });

  test.each([
    ['500m', 500 * 1024 ** 2],
    ['5g', 5 * 1024 ** 3],
    ['0m', 0],
  ])('take %s for the space that stays free', (APPFLUX_MIN_FREE, bytes) => {
    expect(readSettings({ APPFLUX_MIN_FREE }, '/checkout').minFreeBytes).toBe(bytes);
  });

  test.each(['5', '5 GB', '-1g', 'all'])('refuse %s for the space that stays free', (APPFLUX_MIN_FREE) => {
    expect(() => readSettings({ APPFLUX_MIN_FREE }, '/checkout')).toThrow(/APPFLUX_MIN_FREE must be a size/);
  });

  test.each([
    [undefined, 1024 ** 3],
    ['', 1024 ** 3],
    ['512m', 512 * 1024 ** 2],
    ['0m', 0],
  ])('take %s for the memory of servers', (APPFLUX_SERVERS_MEMORY, bytes) => {
    expect(readSettings({ APPFLUX_SERVERS_MEMORY }, '/checkout').serversMemoryBytes).toBe(bytes);
  });

  test.each(['64m', '1', '1 GB', 'off'])('refuse %s for the memory of servers', (APPFLUX_SERVERS_MEMORY) => {
    expect(() => readSettings({ APPFLUX_SERVERS_MEMORY }, '/checkout')).toThrow(
      /APPFLUX_SERVERS_MEMORY must/,
    );
  });

  test('are read from the environment, where an empty variable counts as unset', () => {
    const settings = readSettings(
      {
        APPFLUX_PORT: '9000',
        APPFLUX_STATE: 'state',
        APPFLUX_RUNNERS: '0',
        APPFLUX_SLOTS: '3',
        APPFLUX_IMAGES: 'web,android',
        APPFLUX_BOOTSTRAP_TOKEN: 'a'.repeat(32),
        APPFLUX_ALLOW_PRIVATE_SOURCES: '1',
        APPFLUX_SCAN: 'required',
        MONGODB_URI: 'mongodb://db.example.com/appflux',
        GITHUB_API_URL: '',
        PATH: '/usr/bin',
      },
      '/checkout',
    );
    expect(settings).toMatchObject({
      port: 9000,
      state: '/checkout/state',
      runners: 0,
      slots: 3,
      scan: 'required',
      images: ['web', 'android'],
      bootstrapToken: 'a'.repeat(32),
      allowPrivateSources: true,
      passedOn: { MONGODB_URI: 'mongodb://db.example.com/appflux' },
    });
    expect(settings.passedOn).not.toHaveProperty('GITHUB_API_URL');
    expect(settings.passedOn).not.toHaveProperty('PATH');
  });

  test('that are invalid are all named, each with what it must be', () => {
    const sentence = problemOf({
      APPFLUX_PORT: '70000',
      APPFLUX_RUNNERS: 'two',
      APPFLUX_SLOTS: '0',
      APPFLUX_BOOTSTRAP_TOKEN: 'short',
      APPFLUX_IMAGES: '../web',
      APPFLUX_ALLOW_PRIVATE_SOURCES: 'yes',
      MONGODB_URI: 'db.example.com',
      ARTIFACTS_DAYS: 'many',
      LOGS_KEEP_LAST: '1001',
    });
    for (const name of [
      'APPFLUX_PORT must be at most 65535',
      'APPFLUX_RUNNERS must be a whole number',
      'APPFLUX_SLOTS must be at least 1',
      'APPFLUX_BOOTSTRAP_TOKEN must have 32 characters or more',
      'APPFLUX_IMAGES must be names of builder images',
      'APPFLUX_ALLOW_PRIVATE_SOURCES is 0 or 1',
      'MONGODB_URI must begin with mongodb://',
      'ARTIFACTS_DAYS must be a whole number from 0 to 3650',
      'LOGS_KEEP_LAST must be a whole number from 0 to 1000',
    ]) {
      expect(sentence).toContain(name);
    }
  });

  test('never repeat a secret in their errors', () => {
    expect(problemOf({ APPFLUX_BOOTSTRAP_TOKEN: 'geheim' })).not.toContain('geheim');
  });

  test('accept an S3 server only with all of its variables', () => {
    const storage = {
      S3_ENDPOINT: 'https://s3.example.com',
      S3_BUCKET: 'builds',
      S3_ACCESS_KEY_ID: 'key',
      S3_SECRET_ACCESS_KEY: 'secret',
    };
    expect(readSettings(storage, '/checkout').storage).toEqual({
      endpoint: 'https://s3.example.com',
      bucket: 'builds',
      accessKeyId: 'key',
      secretAccessKey: 'secret',
    });
    expect(problemOf({ ...storage, S3_BUCKET: '', S3_ACCESS_KEY_ID: '' })).toContain(
      'S3_BUCKET and S3_ACCESS_KEY_ID must be set as well',
    );
  });
});

test('a mail service needs all of its variables, and is passed on', () => {
  const mail = {
    MAIL_API_URL: 'https://mail.example.com/emails',
    MAIL_API_KEY: 'key',
    MAIL_FROM: 'AppFlux <appflux@example.com>',
  };
  expect(readSettings(mail, '/checkout').passedOn).toEqual(mail);
  expect(readSettings({ ...mail, MAIL_FROM: 'a@b.example' }, '/checkout').passedOn.MAIL_FROM).toBe(
    'a@b.example',
  );
  expect(problemOf({ ...mail, MAIL_API_KEY: '' })).toContain('MAIL_API_KEY must be set as well');
  for (const MAIL_FROM of ['AppFlux', 'a@localhost', 'AppFlux <a@b.example', 'a@b.example\nBcc: c@d.example'])
    expect(problemOf({ ...mail, MAIL_FROM })).toContain('MAIL_FROM must be an email like');
  expect(withoutSecrets({ ...mail, PATH: '/usr/bin' })).toEqual({ PATH: '/usr/bin' });
});

test('an SMTP server needs a sender, is the only mail service, and is not passed on', () => {
  const mail = { SMTP_URL: 'smtp://ada:secret@mail.example.com:587', MAIL_FROM: 'appflux@example.com' };
  const settings = readSettings(mail, '/checkout');
  expect(settings.smtpUrl).toBe(mail.SMTP_URL);
  expect(settings.passedOn).toEqual({ MAIL_FROM: 'appflux@example.com' });
  expect(readSettings({}, '/checkout').smtpUrl).toBeNull();
  expect(problemOf({ SMTP_URL: mail.SMTP_URL })).toContain('MAIL_FROM must be set as well');
  expect(problemOf({ ...mail, SMTP_URL: 'https://mail.example.com' })).toContain(
    'SMTP_URL must be a URL like',
  );
  expect(problemOf({ ...mail, MAIL_API_URL: 'https://mail.example.com/emails' })).toContain('both set');
  expect(withoutSecrets({ ...mail, PATH: '/usr/bin' })).toEqual({ PATH: '/usr/bin' });
});

test('retention settings and the quota of state are passed on unchanged', () => {
  const retention = {
    ARTIFACTS_KEEP_LAST: '3',
    ARTIFACTS_DAYS: '0',
    LOGS_DAYS: '3650',
    ARCHIVE_DAYS: '0',
    AUDIT_DAYS: '90',
    MAX_QUEUED: '100000',
    MAX_RUNNERS: '10000',
    RUNNERS_PER_SHARD: '30000',
    SERVER_STATE_MB: '64',
  };
  expect(readSettings(retention, '/checkout').passedOn).toEqual(retention);
});

test('the state folder can be anywhere', () => {
  expect(stateFolder({ APPFLUX_STATE: '/srv/appflux' }, '/checkout')).toBe('/srv/appflux');
});

test('secrets of the control plane are kept from all other processes', () => {
  const env = {
    PATH: '/usr/bin',
    APPFLUX_PORT: '9000',
    APPFLUX_BOOTSTRAP_TOKEN: 'x',
    MONGODB_URI: 'x',
    SUPABASE_JWT_SECRET: 'x',
    S3_SECRET_ACCESS_KEY: 'x',
    GITHUB_WEBHOOK_SECRET: 'x',
  };
  expect(withoutSecrets(env)).toEqual({ PATH: '/usr/bin', APPFLUX_PORT: '9000' });
});
