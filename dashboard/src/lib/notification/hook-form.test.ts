import { CreateHook, type Hook, UpdateHook } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { idOf } from '../../testing/fixtures.ts';
import { HookForm } from './hook-form.svelte.ts';

const hook: Hook = {
  id: idOf(1),
  kind: 'slack',
  name: 'Team channel',
  target: 'https://hooks.slack.com/…',
  events: ['deployment.failed'],
  apps: ['harbor-web'],
  environments: ['preview'],
  enabled: true,
  disabledReason: null,
  createdAt: '2026-11-10T12:00:00.000Z',
  lastDelivery: null,
};

describe('the form of a notification', () => {
  test('creates what the protocol accepts, of each kind', () => {
    for (const [kind, target, member] of [
      ['webhook', 'https://example.com/hook', 'url'],
      ['slack', 'https://hooks.slack.com/services/T/B/x', 'url'],
      ['discord', 'https://discord.com/api/webhooks/1/x', 'url'],
      ['email', 'team@example.com', 'address'],
    ] as const) {
      const form = new HookForm();
      form.kind = kind;
      form.target = ` ${target} `;
      expect(form.valid).toBe(true);
      expect(CreateHook.parse(form.toCreate())).toMatchObject({
        kind,
        [member]: target,
        apps: [],
        environments: [],
      });
    }
  });

  test('changes a hook without its target unless a new one is entered', () => {
    const form = new HookForm(hook);
    expect(form.valid).toBe(true);
    expect(UpdateHook.parse(form.toUpdate())).toEqual({
      name: 'Team channel',
      events: ['deployment.failed'],
      apps: ['harbor-web'],
      environments: ['preview'],
    });
    form.target = 'https://hooks.slack.com/services/T/B/y';
    form.environment = 'all';
    expect(form.toUpdate()).toMatchObject({ url: form.target, environments: [] });
  });

  test.each([
    ['webhook', '', 'Enter a URL.'],
    ['webhook', 'ftp://example.com', 'Enter a URL that begins with https://.'],
    ['slack', 'team@example.com', 'Enter a URL that begins with https://.'],
    ['email', '', 'Enter an email address.'],
    ['email', 'x', 'Enter an email address such as team@example.com.'],
  ] as const)('of the kind %s rejects “%s”', (kind, target, problem) => {
    const form = new HookForm();
    form.kind = kind;
    form.target = target;
    expect(form.targetProblem).toBe(problem);
    expect(form.valid).toBe(false);
  });

  test('needs an event', () => {
    const form = new HookForm(hook);
    form.events = [];
    expect(form.eventsProblem).toBe('Choose at least one event.');
  });
});
