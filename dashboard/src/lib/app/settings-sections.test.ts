import { expect, test } from 'vitest';
import { app } from '../../testing/fixtures.ts';
import { sectionOfAnchor, sectionsOf } from './settings-sections.ts';

const namesOf = (
  ...[shown, deployments = []]: Parameters<typeof sectionsOf> | [Parameters<typeof sectionsOf>[0]]
) => sectionsOf(shown, deployments).flatMap(({ sections }) => sections);

test('an app has only the sections that apply to it', () => {
  expect(namesOf(app())).toEqual([
    'general',
    'build',
    'variables',
    'files',
    'budgets',
    'triggers',
    'schedules',
    'notifications',
    'publishing',
    'domains',
    'access',
    'retention',
  ]);
  const upload = app({ type: 'android', source: { provider: 'upload', rootDirectory: './' } });
  expect(namesOf(upload)).not.toContain('schedules');
  expect(namesOf(upload)).not.toContain('domains');
  expect(namesOf(upload)).toContain('triggers');
});

test.each([
  ['', 'general'],
  ['#domains', 'domains'],
  ['#hooks', 'triggers'],
  ['#schedules', 'schedules'],
  ['#delete', 'general'],
  ['#constructor', 'general'],
  ['#<script>', 'general'],
])('the anchor %s leads to %s', (hash, section) => {
  expect(sectionOfAnchor(hash)).toBe(section);
});
