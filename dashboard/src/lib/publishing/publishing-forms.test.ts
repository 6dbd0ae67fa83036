import { UpdateApp } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { app } from '../../testing/fixtures.ts';
import { AccessForm } from './access-form.svelte.ts';
import { PublishingForm } from './publishing-form.svelte.ts';

describe('the form of publishing', () => {
  test('returns what it was filled with, as the protocol accepts it', () => {
    for (const settings of [
      { autoRelease: true, spaFallback: null, rewriteHosts: [] },
      { autoRelease: false, spaFallback: true, rewriteHosts: ['api.example.com', '10.0.0.1:8080'] },
      { autoRelease: true, spaFallback: false, rewriteHosts: ['localhost'] },
    ]) {
      const form = new PublishingForm(app(settings));
      expect(form.valid).toBe(true);
      expect(UpdateApp.parse(form.toChange())).toEqual(settings);
    }
  });

  test('reads hosts by line, in lower case and once each', () => {
    const form = new PublishingForm(app());
    form.rewriteHosts = ' API.example.com \n\napi.example.com,cdn.example.com:8443\n';
    expect(form.toChange().rewriteHosts).toEqual(['api.example.com', 'cdn.example.com:8443']);
  });

  test.each([
    'https://api.example.com',
    'api.example.com/v1',
    'a_b.example.com',
    'api.example.com:0',
    '*.x.com',
  ])('rejects "%s"', (text) => {
    const form = new PublishingForm(app());
    form.rewriteHosts = `ok.example.com\n${text}`;
    expect(form.hostsProblem).toContain(`“${text}” isn’t a host`);
    expect(form.valid).toBe(false);
  });

  test('takes 20 hosts', () => {
    const form = new PublishingForm(app());
    const hosts = (count: number) => Array.from({ length: count }, (_, index) => `h${index}.example.com`);
    form.rewriteHosts = hosts(20).join('\n');
    expect(form.valid).toBe(true);
    form.rewriteHosts = hosts(21).join('\n');
    expect(form.hostsProblem).toBe('Enter at most 20 hosts.');
  });
});

describe('the form of access', () => {
  test('needs a password only where one is asked for and none is set', () => {
    const form = new AccessForm(app());
    expect(form.toChange()).toEqual({ access: { production: 'public', previews: 'public' } });
    form.previews = 'password';
    expect(form.passwordProblem).toBe('Enter a password.');
    form.password = 'short';
    expect(form.passwordProblem).toBe('Use 8 to 200 characters.');
    form.password = 'long enough';
    expect(UpdateApp.parse(form.toChange())).toEqual({
      access: { production: 'public', previews: 'password' },
      password: 'long enough',
    });
  });

  test('sends no password that isn’t used', () => {
    const form = new AccessForm(
      app({ access: { production: 'password', previews: 'team' }, hasPassword: true }),
    );
    form.password = 'x';
    form.production = 'team';
    expect(form.valid).toBe(true);
    expect(form.toChange()).toEqual({ access: { production: 'team', previews: 'team' } });
  });
});
