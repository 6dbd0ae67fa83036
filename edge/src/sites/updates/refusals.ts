/** Why a feed has nothing to say, for the developer who asks it with curl. */
import { AppFluxError, type ElectronFeed } from '@appflux/protocol';
import type { NoFeed } from './electron/feed.ts';
import type { Unanswerable } from './tauri/manifest.ts';

/** The refusal of a request of electron-updater. */
export function electronRefusal(reason: NoFeed, feed: ElectronFeed): AppFluxError {
  switch (reason) {
    case 'no files':
      return new AppFluxError('not_found', `The release has no file for ${systemOf(feed)}`, {
        hint: 'Electron updates are AppImage, deb, rpm or pacman files on Linux, NSIS installers (.exe) on Windows and .zip files on macOS.',
      });
    case 'no sha512':
      return new AppFluxError('not_found', 'The files of the release have no SHA-512', {
        hint: 'They were built with an earlier version of AppFlux. Redeploy the app with a current runner.',
      });
    case 'no version':
      return noVersion();
  }
}

/** The refusal of a request of Tauri's updater. */
export function tauriRefusal(reason: Unanswerable): AppFluxError {
  switch (reason) {
    case 'invalid version':
      return new AppFluxError('bad_request', 'The current version must be one by Semantic Versioning');
    case 'unknown target':
      return new AppFluxError('not_found', 'There is no such target', {
        hint: 'Targets are linux, windows and darwin; processors are x86_64, i686, aarch64 and armv7.',
      });
    case 'not signed':
      return new AppFluxError('not_found', 'The bundles of the release have no signature', {
        hint: 'Set createUpdaterArtifacts in tauri.conf.json, and the variable TAURI_SIGNING_PRIVATE_KEY of the app.',
      });
    case 'no version':
      return noVersion();
  }
}

const noVersion = (): AppFluxError =>
  new AppFluxError('not_found', 'The version of the release is not one by Semantic Versioning', {
    hint: 'Updaters compare versions: set one such as 1.2.3 in the project.',
  });

function systemOf(feed: ElectronFeed): string {
  if (feed === 'windows') return 'Windows';
  return feed === 'mac' ? 'macOS' : `Linux on ${feed.slice('linux-'.length)}`;
}
