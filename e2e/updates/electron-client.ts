/**
 * electron-updater outside of Electron: the real updaters, with Node's HTTP client and an app that only has a version and
 * folders. What needs Electron is the installation, which does not happen here.
 */
import type { EventEmitter } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { createRequire, registerHooks } from 'node:module';
import { join } from 'node:path';
import {
  configureRequestOptions,
  configureRequestUrl,
  type DownloadOptions,
  HttpExecutor,
} from 'builder-util-runtime';
import type { AppImageUpdater, AppUpdater, MacUpdater, NsisUpdater } from 'electron-updater';

export type System = 'linux' | 'win32' | 'darwin';

/** The loaded module. Its entry point makes the updater of this system when `autoUpdater` is read, which nothing does here. */
const load = createRequire(import.meta.url);

/** Of Electron, macOS's updater takes the native one, which gets the downloaded file from a server on loopback. */
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron'
      ? { url: new URL('./native-updater.cjs', import.meta.url).href, format: 'commonjs', shortCircuit: true }
      : next(specifier, context),
});

class NodeExecutor extends HttpExecutor<ClientRequest> {
  createRequest(options: RequestOptions, callback: (response: IncomingMessage) => void): ClientRequest {
    return request(options, callback);
  }

  /** With the executor's own means, which follow redirects and compare the SHA-512. */
  download(url: URL, destination: string, options: DownloadOptions): Promise<string> {
    return options.cancellationToken.createPromise<string>((resolve, reject, onCancel) => {
      const asked: RequestOptions = { headers: options.headers ?? undefined };
      configureRequestUrl(url, asked);
      configureRequestOptions(asked);
      const callback = (error: unknown) => (error instanceof Error ? reject(error) : resolve(destination));
      this.doDownload(asked, { destination, options, onCancel, callback, responseHandler: null }, 0);
    });
  }
}

export interface Installed {
  readonly system: System;
  readonly version: string;
  /** The feed's URL, as in `publish.url` of electron-builder. */
  readonly url: string;
  /** A folder of this installation's own. */
  readonly folder: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The updater of an installed app. Everything that it logs is added to `log`. */
export async function updaterOf(installed: Installed, log: string[] = []): Promise<AppUpdater> {
  const { system, version, url, folder, headers } = installed;
  await mkdir(folder, { recursive: true });
  const config = join(folder, 'app-update.yml');
  await writeFile(
    config,
    `provider: generic\nurl: ${url}\nuseMultipleRangeRequest: false\nupdaterCacheDirName: updater\n`,
  );
  const app = {
    version,
    name: 'app',
    isPackaged: true,
    appUpdateConfigPath: config,
    userDataPath: folder,
    baseCachePath: folder,
    whenReady: () => Promise.resolve(),
    relaunch: () => undefined,
    quit: () => undefined,
    onQuit: () => undefined,
  };
  const { AppImageUpdater, NsisUpdater, MacUpdater } = load('electron-updater') as {
    AppImageUpdater: new (options: null, app: object) => AppImageUpdater;
    NsisUpdater: new (options: null, app: object) => NsisUpdater;
    MacUpdater: new (options: null, app: object) => MacUpdater;
  };
  const Updater = { linux: AppImageUpdater, win32: NsisUpdater, darwin: MacUpdater }[system];
  const updater = new Updater(null, app);
  const write = (text: unknown) => void log.push(String(text));
  updater.logger = { info: write, warn: write, error: write, debug: write };
  updater.autoDownload = false;
  updater.autoInstallOnAppQuit = false;
  updater.requestHeaders = headers === undefined ? null : { ...headers };
  // The package's own tests set the same: the system of the feed, and that a failed differential download is an error.
  Object.assign(updater, {
    httpExecutor: new NodeExecutor(),
    _testOnlyOptions: { platform: system, isUseDifferentialDownload: system === 'win32' },
  });
  // Without a listener, an error event ends the process; it is also the rejection of the call.
  (updater as EventEmitter).on('error', (error: unknown) => write(error));
  return updater;
}
