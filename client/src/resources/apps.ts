/** Apps, their variables, files and releases. */
import {
  ActiveApp,
  App,
  type CreateApp,
  type ExpoRollback,
  ExpoSigningKey,
  type ExpoSigningKeyInput,
  type FileInput,
  type Page,
  pageOf,
  ScheduleList,
  type ScheduleStatus,
  type Schedules,
  type UpdateApp,
  type VariableChange,
  type VariableInput,
} from '@appflux/protocol';
import type { z } from 'zod';
import { type CallOptions, type Calls, path } from '../http/calls.ts';
import type { ListQuery } from '../pages.ts';

/** A new app. The server fills in what has a default. */
export type NewApp = z.input<typeof CreateApp>;

const Apps = pageOf(App);
const ActiveApps = pageOf(ActiveApp);

export const apps = (calls: Calls) => ({
  /** Newest first; `q` filters by name and slug. */
  list: (query: ListQuery & { q?: string } = {}, options: CallOptions = {}): Promise<Page<App>> =>
    calls.json(Apps, 'GET', '/api/apps', { query: { ...query }, ...options }),
  /** The same with the latest deployment of each, its last builds, and whether it is a favourite. */
  listActive: (query: ListQuery & { q?: string } = {}, options: CallOptions = {}): Promise<Page<ActiveApp>> =>
    calls.json(ActiveApps, 'GET', '/api/apps', { query: { ...query, include: 'activity' }, ...options }),
  /** Marks an app as a favourite of the person who calls. */
  addFavourite: (slug: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('PUT', path`/api/apps/${slug}/favourite`, options),
  removeFavourite: (slug: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', path`/api/apps/${slug}/favourite`, options),
  create: (app: NewApp, options: CallOptions = {}): Promise<App> =>
    calls.json(App, 'POST', '/api/apps', { body: app, ...options }),
  get: (slug: string, options: CallOptions = {}): Promise<App> =>
    calls.json(App, 'GET', path`/api/apps/${slug}`, options),
  update: (slug: string, change: UpdateApp, options: CallOptions = {}): Promise<App> =>
    calls.json(App, 'PATCH', path`/api/apps/${slug}`, { body: change, ...options }),
  delete: (slug: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', path`/api/apps/${slug}`, options),

  setVariable: (
    slug: string,
    name: string,
    variable: VariableInput,
    options: CallOptions = {},
  ): Promise<void> =>
    calls.nothing('PUT', path`/api/apps/${slug}/env/${name}`, { body: variable, ...options }),
  /** Changes where a variable applies, or hides it in logs, and keeps its value. */
  changeVariable: (
    slug: string,
    name: string,
    change: VariableChange,
    options: CallOptions = {},
  ): Promise<void> =>
    calls.nothing('PATCH', path`/api/apps/${slug}/env/${name}`, { body: change, ...options }),
  deleteVariable: (slug: string, name: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', path`/api/apps/${slug}/env/${name}`, options),
  setFile: (slug: string, name: string, file: FileInput, options: CallOptions = {}): Promise<void> =>
    calls.nothing('PUT', path`/api/apps/${slug}/files/${name}`, { body: file, ...options }),
  deleteFile: (slug: string, name: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', path`/api/apps/${slug}/files/${name}`, options),

  /** The key that signs updates of an Expo app, without its private part. Refused with `not_found` if there is none. */
  expoSigningKey: (slug: string, options: CallOptions = {}): Promise<ExpoSigningKey> =>
    calls.json(ExpoSigningKey, 'GET', path`/api/apps/${slug}/updates/expo/signing-key`, options),
  setExpoSigningKey: (
    slug: string,
    key: ExpoSigningKeyInput,
    options: CallOptions = {},
  ): Promise<ExpoSigningKey> =>
    calls.json(ExpoSigningKey, 'PUT', path`/api/apps/${slug}/updates/expo/signing-key`, {
      body: key,
      ...options,
    }),
  deleteExpoSigningKey: (slug: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', path`/api/apps/${slug}/updates/expo/signing-key`, options),
  /** Makes Expo apps of a runtime version go back to the update that they contain, until the next release. */
  rollBackExpoUpdates: (slug: string, rollback: ExpoRollback, options: CallOptions = {}): Promise<void> =>
    calls.nothing('POST', path`/api/apps/${slug}/updates/expo/rollback`, { body: rollback, ...options }),

  /** When the app is deployed by itself, and when that was last done. */
  schedules: async (slug: string, options: CallOptions = {}): Promise<ScheduleStatus[]> =>
    (await calls.json(ScheduleList, 'GET', path`/api/apps/${slug}/schedules`, options)).items,
  /** Replaces all schedules of the app. */
  setSchedules: async (
    slug: string,
    schedules: Schedules,
    options: CallOptions = {},
  ): Promise<ScheduleStatus[]> =>
    (
      await calls.json(ScheduleList, 'PUT', path`/api/apps/${slug}/schedules`, {
        body: schedules,
        ...options,
      })
    ).items,

  /** Points the app's public URL at a successful deployment. */
  release: (
    slug: string,
    deploymentId: string,
    { from, ...options }: CallOptions & { from?: string | null } = {},
  ): Promise<App> =>
    calls.json(App, 'POST', path`/api/apps/${slug}/release`, {
      body: { deploymentId, ...(from !== undefined && { from }) },
      ...options,
    }),
  /** While releases are locked, no deployment goes live by itself. */
  lockRelease: (slug: string, options: CallOptions = {}): Promise<App> =>
    calls.json(App, 'POST', path`/api/apps/${slug}/release/lock`, options),
  unlockRelease: (slug: string, options: CallOptions = {}): Promise<App> =>
    calls.json(App, 'DELETE', path`/api/apps/${slug}/release/lock`, options),
});
