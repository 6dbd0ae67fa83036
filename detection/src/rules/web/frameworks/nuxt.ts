import { joinPath } from '../../../tree.ts';
import { mayPublish, withServer } from '../servers/with-server.ts';
import type { FrameworkRule, Site } from '../site.ts';

/** Presets of Nitro that write files alone: https://nitro.build/deploy */
const STATIC_PRESETS = ['static', 'github-pages', 'github_pages', 'gitlab-pages', 'gitlab_pages'];

const SERVER_LOST = {
  about: 'framework' as const,
  text: 'The folder "server" is not published: a static site has no server, so its API routes don’t answer.',
};

/**
 * https://nuxt.com/docs/getting-started/deployment#static-hosting: `nuxt generate` writes `.output/public`;
 * Nuxt 2 wrote `dist`.
 */
export const nuxt: FrameworkRule = (site) => {
  const isOld = site.major !== null && site.major < 3;
  const outputs = isOld ? ['dist'] : ['.output/public', 'dist'];
  const files = (why: string) => ({
    outputs,
    reasons: [
      { about: 'framework' as const, text: `Nuxt generates a static site with "nuxt generate"${why}.` },
      ...(!isOld && site.tree.isFolder(joinPath(site.folder, 'server')) ? [SERVER_LOST] : []),
    ],
  });
  if (/\bnux[ti] generate\b/.test(site.buildScript)) return files(', as the build script says');
  const reason = isOld ? null : staticReason(site);
  if (!isOld && reason === null && mayPublish(site.servers)) {
    return withServer({
      servers: site.servers,
      kind: 'nitro',
      what: 'This Nuxt project renders on a server',
      hint: '',
    });
  }
  const generates =
    site.pkg.scripts.generate === undefined
      ? { script: '', buildCommand: 'nuxt generate' }
      : { script: 'generate' };
  return { ...files(reason === null ? '' : `: ${reason}`), ...generates };
};

/** Why the configuration wants files alone, or null. */
function staticReason(site: Site): string | null {
  const config = site.config('nuxt.config');
  const preset = STATIC_PRESETS.find((name) => config.maySet('preset', name));
  if (preset !== undefined) return `${config.path} sets the preset "${preset}"`;
  if (config.isOff('ssr') && !site.tree.isFolder(joinPath(site.folder, 'server')))
    return `${config.path} sets ssr to false, and there is no folder "server"`;
  return null;
}
