/** Takes the place of the adapter of a SvelteKit 2 project. What the project configures is for its own host. */
import process from 'node:process';
import cloudflare from '@sveltejs/adapter-cloudflare';

export default function adapter() {
  const config = process.env.APPFLUX_SERVER_SVELTEKIT;
  return cloudflare({ config, platformProxy: { configPath: config, persist: false } });
}
