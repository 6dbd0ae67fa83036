/** `/a/:slug/latest`: an address that always leads to the newest release's file, for links and scripts. */
import { AppFluxError } from '@appflux/protocol';
import type { Context } from 'hono';
import { type ApiEnv, router } from '../http/router.ts';
import type { DeploymentRecord } from '../metadata/metadata.ts';
import { filePath } from './addresses.ts';
import { fileFor, offerFor, systemOf } from './device.ts';
import { fileKind, SYSTEM_NAMES, type System } from './file-kind.ts';
import { isSiteArchive, publishedApp, versionOf } from './release.ts';
import { plain } from './text.ts';

/** The platforms of an address, and the systems that they are. */
const PLATFORMS: Readonly<Record<string, System>> = {
  android: 'android',
  windows: 'windows',
  macos: 'mac',
  linux: 'linux',
};

export const latest = router();

latest.get('/a/:slug/latest', async (c) => {
  const { name, release } = await releaseOf(c, c.req.param('slug'));
  const files = release.artifacts.filter((file) => !isSiteArchive(file));
  const { best } = offerFor(systemOf(c.req.raw.headers), files.length > 0 ? files : release.artifacts);
  if (best === null) throw new AppFluxError('not_found', `${name} has no files`);
  return redirect(release, best);
});

latest.get('/a/:slug/latest/:platform', async (c) => {
  const platform = c.req.param('platform');
  const system = Object.hasOwn(PLATFORMS, platform) ? PLATFORMS[platform] : undefined;
  if (system === undefined) {
    throw new AppFluxError('not_found', `There is no such platform`, {
      hint: `Use one of ${Object.keys(PLATFORMS).join(', ')}.`,
    });
  }
  const { name, release } = await releaseOf(c, c.req.param('slug'));
  const file = fileFor(system, release.artifacts);
  if (file === null) throw noneFor(system, name, release);
  return redirect(release, file);
});

/** The App's release, and what the two are called; `not_found` when there is none. */
async function releaseOf(
  c: Context<ApiEnv>,
  slug: string,
): Promise<{ name: string; release: DeploymentRecord }> {
  const published = await publishedApp(c.get('metadata'), slug);
  if (published === null) throw new AppFluxError('not_found', 'There is no such app');
  const { app, release } = published;
  if (release === null) throw new AppFluxError('not_found', `${plain(app.name)} has no release yet`);
  return { name: `${plain(app.name)} ${plain(versionOf(release))}`, release };
}

function noneFor(system: System, name: string, { artifacts }: DeploymentRecord): AppFluxError {
  const systems = new Set(
    artifacts
      .map((file) => fileKind(file.name))
      .flatMap(({ system: of, use }) => (of === null || use === 'other' ? [] : [of])),
  );
  const names = [...systems].map((of) => SYSTEM_NAMES[of]);
  const has = names.length === 0 ? '' : `. It has files for ${new Intl.ListFormat('en').format(names)}`;
  return new AppFluxError('not_found', `${name} has no file for ${SYSTEM_NAMES[system]}${has}`);
}

/** To the file; asked again each time, as the next release leads elsewhere. */
const redirect = ({ id }: DeploymentRecord, { name }: { name: string }): Response =>
  new Response(null, {
    status: 302,
    headers: {
      Location: filePath(id, name),
      'Cache-Control': 'no-cache',
      Vary: 'User-Agent, Sec-CH-UA-Platform',
    },
  });
