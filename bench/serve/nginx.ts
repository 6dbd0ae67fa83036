/** nginx with the files of a site, as somebody would set it up: gzip made beforehand, kept connections, sendfile. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { SiteFiles } from '../../e2e/sites/publisher.ts';
import { startChild } from '../../stack/child.ts';
import { freePort } from '../../stack/free-port.ts';

const configuration = (folder: string, port: number) => `
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
user root;
worker_processes auto;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  server {
    listen 127.0.0.1:${port};
    root ${folder}/root;
    gzip_static on;
    location / { add_header Cache-Control "public, max-age=0, must-revalidate"; add_header X-Content-Type-Options nosniff; }
    location /assets/ { add_header Cache-Control "public, max-age=31536000, immutable"; add_header X-Content-Type-Options nosniff; }
  }
}
`;

/** Starts it on a free port; resolves when it answers. */
export async function startNginx(files: SiteFiles): Promise<{ url: string; stop(): Promise<unknown> }> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-bench-nginx-'));
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, 'root', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    if (typeof content === 'string') await writeFile(`${file}.gz`, gzipSync(content, { level: 9 }));
  }
  const port = await freePort();
  await writeFile(join(folder, 'nginx.conf'), configuration(folder, port));
  const child = await startChild({
    command: 'nginx',
    args: ['-c', join(folder, 'nginx.conf'), '-p', folder],
    cwd: folder,
    env: process.env,
    logFile: join(folder, 'nginx.log'),
  });
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    const answers = await fetch(url).then(
      ({ ok }) => ok,
      // It doesn't listen yet.
      () => false,
    );
    if (answers) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url,
    stop: async () => {
      await child.stop(2_000);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
