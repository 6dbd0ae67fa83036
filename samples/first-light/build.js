/** Fills in the page with facts about this build, and writes the site to dist/. */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';

const started = performance.now();
await rm('dist', { recursive: true, force: true });
await mkdir('dist', { recursive: true });

const facts = {
  built: new Date().toISOString(),
  node: process.version,
  system: `${process.platform} ${process.arch}`,
};

let page = await readFile('src/page.html', 'utf8');
for (const [name, value] of Object.entries(facts)) {
  page = page.replaceAll(`{{${name}}}`, value);
  console.log(`${name.padEnd(8)}${value}`);
}
await writeFile('dist/index.html', page);
for (const file of ['style.css', 'light.js', 'icon.svg']) {
  await cp(`src/${file}`, `dist/${file}`);
}
console.log(`Wrote 4 files to dist/ in ${Math.round(performance.now() - started)} ms.`);
