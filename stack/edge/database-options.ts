/** Options for a Miniflare that has an instance's databases alone: without the Worker, queues, alarms and requests. */
import { convertV4MiniflareOptions, Log, LogLevel, type MiniflareOptions } from 'miniflare';
import type { EdgeConfig } from './config.ts';
import { boundDatabases, type WithDatabases } from './databases.ts';

const COMPATIBILITY_DATE = '2026-11-01';

/** The options. Miniflare listens on a random port of 127.0.0.1. */
export const databaseOptions = (config: WithDatabases & Pick<EdgeConfig, 'persist'>): MiniflareOptions =>
  convertV4MiniflareOptions({
    host: '127.0.0.1',
    cf: false,
    log: new Log(LogLevel.WARN),
    modules: true,
    script: 'export default {}',
    compatibilityDate: COMPATIBILITY_DATE,
    d1Databases: boundDatabases(config),
    resourcePersistencePath: config.persist,
  });
