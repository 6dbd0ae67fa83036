import type { AppType } from '@appflux/protocol';

export type TypeChoice = AppType | 'detect';

/** What an app can be, as forms offer it. */
export const TYPE_OPTIONS: readonly { value: TypeChoice; label: string }[] = [
  { value: 'detect', label: 'Auto-detect' },
  { value: 'web', label: 'Website' },
  { value: 'pwa', label: 'Progressive web app' },
  { value: 'android', label: 'Android app' },
  { value: 'desktop', label: 'Desktop app' },
];
