/** Stands in for `@astrojs/cloudflare` in a configuration: AppFlux has no Cloudflare Images. */
const { default: cloudflare } = await import(new URL(import.meta.url).searchParams.get('original'));

const OF_CLOUDFLARE = ['cloudflare', 'cloudflare-binding'];

/**
 * Images of pages that are made in advance are optimized by the build; those of others are served as they are.
 * https://docs.astro.build/en/guides/integrations-guide/cloudflare/#imageservice
 */
function imageService(wanted = 'compile') {
  if (typeof wanted === 'string') return OF_CLOUDFLARE.includes(wanted) ? 'compile' : wanted;
  const { build, runtime } = wanted;
  return {
    ...wanted,
    ...(OF_CLOUDFLARE.includes(build) ? { build: 'compile' } : {}),
    ...(runtime === undefined || OF_CLOUDFLARE.includes(runtime) ? { runtime: 'passthrough' } : {}),
  };
}

export default (options = {}) => cloudflare({ ...options, imageService: imageService(options.imageService) });
