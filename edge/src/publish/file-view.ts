/** One file on a public page: its button, its facts, its row in a list. All that it says of itself comes from outside. */
import { formatBytes } from '@appflux/protocol';
import { html } from 'hono/html';
import type { ArtifactRecord } from '../metadata/metadata.ts';
import { filePath } from './addresses.ts';
import { androidVersion } from './android-version.ts';
import { fileKind, SYSTEM_NAMES, type System } from './file-kind.ts';
import type { Markup } from './frame.ts';
import { plain } from './text.ts';

const ARROW = html`<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M10 3v10m-4-4 4 4 4-4M4 17h12"/></svg>`;

/** The button that downloads a file. */
export function downloadButton(deploymentId: string, file: ArtifactRecord): Markup {
  const { system } = fileKind(file.name);
  return html`<div class="get">
<a class="button" href="${filePath(deploymentId, file.name)}">${ARROW}Download${system !== null && ` for ${SYSTEM_NAMES[system]}`}</a>
<p class="file"><bdi>${file.name}</bdi> · ${formatBytes(file.size)}</p>
</div>`;
}

/** What it means for a visitor that nobody has signed a file. */
export function unsignedNote(file: ArtifactRecord): Markup | null {
  return file.meta.signed === false
    ? html`<p class="note">${unsigned(fileKind(file.name).system)}</p>`
    : null;
}

function unsigned(system: System | null): string {
  if (system === 'android') return 'Nobody has signed this file: Android does not install it as it is.';
  if (system === 'windows') return 'Nobody has signed this file: Windows may warn before it opens it.';
  return 'Nobody has signed this file.';
}

/** A file's facts, as terms of a definition list. `version` is that of the release, which need not be said again. */
export function fileFacts(file: ArtifactRecord, version: string): Markup {
  const { meta } = file;
  const own = text(meta.version);
  const code = typeof meta.versionCode === 'number' ? ` (${meta.versionCode})` : '';
  const permissions = text(meta.permissions, 500);
  return html`<dt>Kind</dt><dd>${fileKind(file.name).label}</dd>
${madeFor(file) !== '' && html`<dt>For</dt><dd>${madeFor(file)}</dd>`}
${text(meta.product) !== null && html`<dt>Product</dt><dd><bdi>${text(meta.product)}</bdi></dd>`}
${text(meta.package) !== null && html`<dt>Package</dt><dd><bdi>${text(meta.package)}</bdi></dd>`}
${own !== null && (own !== version || code !== '') && html`<dt>File version</dt><dd><bdi>${own}</bdi>${code}</dd>`}
${typeof meta.minSdk === 'number' && html`<dt>Requires</dt><dd>${androidVersion(meta.minSdk)} or newer</dd>`}
<dt>Size</dt><dd>${formatBytes(file.size)}</dd>
${typeof meta.signed === 'boolean' && html`<dt>Signed</dt><dd>${meta.signed ? 'Yes' : 'No'}</dd>`}
<dt>SHA-256</dt><dd><code>${file.sha256}</code></dd>
${permissions !== null && html`<dt>Permissions</dt><dd><details><summary>${countOf(permissions)}</summary><span>${permissions}</span></details></dd>`}`;
}

/** A fact that is a text, fit to be shown. */
const text = (fact: string | number | boolean | undefined, max = 100): string | null =>
  typeof fact === 'string' && plain(fact, max) !== '' ? plain(fact, max) : null;

function countOf(permissions: string): string {
  const more = / and (\d+) more$/.exec(permissions)?.[1] ?? '0';
  const count = permissions.split(', ').length + Number(more);
  return count === 1 ? '1 permission' : `${count} permissions`;
}

/** What a file is, for which devices, how large, and whether nobody has signed it. */
const aboutFile = (file: ArtifactRecord): string[] =>
  [
    fileKind(file.name).label,
    madeFor(file),
    formatBytes(file.size),
    file.meta.signed === false ? 'not signed' : '',
  ].filter((part) => part !== '');

/** What tells a file from others of its kind: the processor, the flavor, and that it is for debugging. */
function madeFor({ meta }: ArtifactRecord): string {
  const facts = [meta.abi, meta.arch, meta.flavor, meta.variant === 'debug' ? meta.variant : undefined];
  return facts
    .map((fact) => text(fact, 60))
    .filter((fact) => fact !== null)
    .join(', ');
}

/** A file in a list, with its checksum. */
export const fileRow = (deploymentId: string, file: ArtifactRecord): Markup => html`<li>
<div class="row"><a href="${filePath(deploymentId, file.name)}"><bdi>${file.name}</bdi></a><span>${aboutFile(file).join(' · ')}</span></div>
<details><summary>SHA-256</summary><code>${file.sha256}</code></details>
</li>`;
