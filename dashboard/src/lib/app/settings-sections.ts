/** The sections of an app's settings. Pure. */
import type { App, Deployment } from '@appflux/protocol';
import { isExpo } from '#lib/expo/signing-key.svelte.ts';

export const SECTION_LABELS = {
  general: 'General',
  build: 'Build',
  variables: 'Variables',
  files: 'Files',
  signing: 'Signing keys',
  budgets: 'Size budgets',
  triggers: 'Triggers',
  schedules: 'Schedules',
  notifications: 'Notifications',
  publishing: 'Publishing',
  domains: 'Domains',
  access: 'Access',
  retention: 'Retention',
} as const;

export type SettingsSection = keyof typeof SECTION_LABELS;

const GROUPS: readonly { title?: string; sections: readonly SettingsSection[] }[] = [
  { sections: ['general'] },
  { title: 'Builds', sections: ['build', 'variables', 'files', 'signing', 'budgets'] },
  { title: 'Automation', sections: ['triggers', 'schedules', 'notifications'] },
  { title: 'Delivery', sections: ['publishing', 'domains', 'access', 'retention'] },
];

/** The sections that an app has, in groups. Takes the app, or null until it is loaded, and its loaded deployments. */
export function sectionsOf(app: App | null, deployments: readonly Deployment[]) {
  return GROUPS.map(({ sections, ...group }) => ({
    ...group,
    sections: sections.filter((section) => hasSection(section, app, deployments)),
  }));
}

function hasSection(section: SettingsSection, app: App | null, deployments: readonly Deployment[]): boolean {
  if (section === 'signing') return isExpo([...deployments]);
  if (app === null) return true;
  if (section === 'schedules') return app.source.provider !== 'upload';
  if (section !== 'domains') return true;
  const type = app.type ?? app.detectedType;
  return app.urls.site !== undefined || (type !== 'android' && type !== 'desktop');
}

/** The section that an address of the one long page of earlier versions pointed at. */
export function sectionOfAnchor(hash: string): SettingsSection {
  const anchor = hash.replace(/^#/, '');
  if (anchor === 'hooks') return 'triggers';
  return Object.hasOwn(SECTION_LABELS, anchor) ? (anchor as SettingsSection) : 'general';
}
