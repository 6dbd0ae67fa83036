import { AppFluxError } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { app } from '../../testing/fixtures.ts';
import { BuildForm } from '../app/build-form.svelte.ts';
import { RetentionForm } from '../app/retention-form.svelte.ts';
import { SourceForm } from '../app/source-form.svelte.ts';
import { AccessForm } from '../publishing/access-form.svelte.ts';
import { PublishingForm } from '../publishing/publishing-form.svelte.ts';
import { EgressForm } from '../site-server/egress-form.svelte.ts';
import { TriggerForm } from '../trigger/trigger-form.svelte.ts';
import { Draft } from './draft.svelte.ts';
import { differ } from './merge.ts';

/** A draft of the build settings over a record that the test changes as the server would. */
function drafted() {
  let stored = app();
  const build = (change: Partial<typeof stored.build>) => {
    stored = app({ build: { ...stored.build, ...change } });
  };
  let onReload: (() => void) | undefined;
  const draft = new Draft({
    stored: () => stored,
    fill: ({ type, build: settings }) => {
      const form = new BuildForm();
      form.fill(type, settings);
      return form;
    },
    reload: async () => onReload?.(),
  });
  return {
    draft,
    form: draft.form,
    /** Someone else saves. */
    build,
    /** Someone else saves, and the page only learns of it when it asks. */
    buildUnnoticed: (change: Partial<typeof stored.build>) => {
      onReload = () => build(change);
    },
    send: async () => build(draft.form.toSettings()),
  };
}

describe('a form over a stored record', () => {
  test('has changes only while a field differs from what is stored', () => {
    const { draft, form } = drafted();
    expect(draft.changed).toBe(false);
    form.buildCommand = 'make';
    expect(draft.changed).toBe(true);
    form.buildCommand = '';
    expect(draft.changed).toBe(false);
    // Invalid text is typed text, too.
    form.minutes = 'soon';
    expect(draft.changed).toBe(true);
    draft.discard();
    expect([form.minutes, draft.changed]).toEqual(['', false]);
  });

  test('shows what others saved, as long as nothing else was typed there', () => {
    const { draft, form, build } = drafted();
    form.buildCommand = 'make';
    build({ installCommand: 'npm ci', outputs: ['dist'] });
    draft.sync();
    expect([form.installCommand, form.outputs, form.buildCommand]).toEqual(['npm ci', 'dist', 'make']);
    expect([draft.conflicts, draft.changed]).toEqual([[], true]);
  });

  test('keeps what was typed when someone else changed the same field, and says so', async () => {
    const { draft, form, build, send } = drafted();
    form.buildCommand = 'make';
    build({ buildCommand: 'npm run build' });
    draft.sync();
    expect(form.buildCommand).toBe('make');
    expect(draft.conflicts).toEqual([{ field: 'buildCommand', theirs: 'npm run build' }]);
    // Syncing again, as every load does, doesn't settle it.
    draft.sync();
    expect(await draft.save(send)).toBe(false);
    expect(draft.conflicts).toHaveLength(1);
    draft.settle('mine');
    expect(await draft.save(send)).toBe(true);
    expect([form.buildCommand, draft.changed, draft.conflicts]).toEqual(['make', false, []]);
  });

  test('takes the stored value on request', () => {
    const { draft, form, build } = drafted();
    form.buildCommand = 'make';
    form.node = '24';
    build({ buildCommand: 'npm run build' });
    draft.sync();
    draft.settle('theirs');
    expect([form.buildCommand, form.node, draft.conflicts]).toEqual(['npm run build', '24', []]);
  });

  test('asks before it overwrites a change that the page hadn’t seen', async () => {
    const { draft, form, buildUnnoticed, send } = drafted();
    form.buildCommand = 'make';
    buildUnnoticed({ buildCommand: 'npm run build' });
    let sent = false;
    expect(
      await draft.save(async () => {
        sent = true;
        await send();
      }),
    ).toBe(false);
    expect([sent, form.buildCommand]).toEqual([false, 'make']);
  });

  test('is sent again if someone else saved another field between loading and sending', async () => {
    const { draft, form, build, send } = drafted();
    form.buildCommand = 'make';
    const sent: string[] = [];
    const saved = await draft.save(async () => {
      sent.push(form.node);
      if (sent.length === 1) {
        build({ node: '24' });
        throw new AppFluxError('settings_changed', 'Someone else has changed build.node');
      }
      await send();
    });
    expect([saved, sent, draft.changed]).toEqual([true, ['', '24'], false]);
  });

  test('asks if it was the same field, and gives up while others go on saving', async () => {
    const { draft, form, build } = drafted();
    form.buildCommand = 'make';
    const changed = new AppFluxError('settings_changed', 'Someone else has changed build.buildCommand');
    const refused = async () => {
      build({ buildCommand: 'npm run build' });
      throw changed;
    };
    expect(await draft.save(refused)).toBe(false);
    expect(draft.conflicts).toEqual([{ field: 'buildCommand', theirs: 'npm run build' }]);
    draft.settle('mine');
    let times = 0;
    const again = draft.save(async () => {
      times += 1;
      throw changed;
    });
    await expect(again).rejects.toBe(changed);
    expect([times, form.buildCommand, draft.changed]).toEqual([3, 'make', true]);
  });

  test('has no conflict where both typed the same, or where the other took the change back', () => {
    const { draft, form, build } = drafted();
    form.buildCommand = 'make';
    build({ buildCommand: 'make' });
    draft.sync();
    expect([draft.conflicts, draft.changed]).toEqual([[], false]);
    form.buildCommand = 'make all';
    build({ buildCommand: 'npm run build' });
    draft.sync();
    expect(draft.conflicts).toHaveLength(1);
    build({ buildCommand: 'make all' });
    draft.sync();
    expect(draft.conflicts).toEqual([]);
  });

  test('is not in conflict with what the server makes of its own text', async () => {
    const { draft, form, send } = drafted();
    form.labels = 'macos   arm64';
    expect(await draft.save(send)).toBe(true);
    draft.sync();
    expect([form.labels, draft.changed, draft.conflicts]).toEqual(['macos, arm64', false, []]);
  });

  test('keeps what is typed while it is being saved', async () => {
    const { draft, form, send } = drafted();
    form.buildCommand = 'make';
    const saved = draft.save(async () => {
      await send();
      draft.sync();
      form.buildCommand = 'make faster';
      form.node = '24';
    });
    expect(await saved).toBe(true);
    expect([form.buildCommand, form.node, draft.changed]).toEqual(['make faster', '24', true]);
  });

  test('keeps its changes if saving fails', async () => {
    const { draft, form } = drafted();
    form.buildCommand = 'make';
    await expect(draft.save(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect([form.buildCommand, draft.changed]).toEqual(['make', true]);
  });
});

const build = (buildCommand: string) => Object.assign(new BuildForm(), { buildCommand });

test.each<[string, object, object]>([
  ['a name', new SourceForm(app()), new SourceForm(app({ name: 'Other' }))],
  ['a build command', build(''), build('x')],
  [
    'a rule inside of the form',
    new RetentionForm(app().retention, app().retentionDefaults),
    new RetentionForm({ ...app().retention, logs: { keepLast: 3, days: 7 } }, app().retentionDefaults),
  ],
  [
    'access',
    new AccessForm(app()),
    new AccessForm(app({ access: { production: 'team', previews: 'public' } })),
  ],
  ['publishing', new PublishingForm(app()), new PublishingForm(app({ rewriteHosts: ['api.example.com'] }))],
  ['a server', new EgressForm(app()), new EgressForm({ server: { allowHosts: [] } })],
  [
    'triggers',
    new TriggerForm(app()),
    new TriggerForm(app({ triggers: { ...app().triggers, push: false } })),
  ],
])('forms that differ in %s differ', (_, one, other) => {
  expect([differ(one, other), differ(one, one), differ(other, other)]).toEqual([true, false, false]);
});
