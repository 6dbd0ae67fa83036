/** A release as a page: the right file first, what to do with it, everything else below. */

import { formatBytes } from '@appflux/protocol';
import { html } from 'hono/html';
import type { AppRecord, ArtifactRecord, DeploymentRecord } from '../metadata/metadata.ts';
import { offerFor } from './device.ts';
import { fileKind, SYSTEM_NAMES, type System } from './file-kind.ts';
import { dayText } from './format.ts';
import type { Document, Markup } from './frame.ts';
import { appIcon, hueOf, qrCode } from './icon.ts';
import { typeOf, versionOf } from './release.ts';

const TYPE_NAMES = {
  web: 'Web site',
  pwa: 'Web app',
  android: 'Android app',
  desktop: 'Desktop app',
} as const;

export interface ReleaseView {
  app: AppRecord;
  release: DeploymentRecord;
  earlier: readonly DeploymentRecord[];
  /** The visitor's system, when known. */
  system: System | null;
  /** The page's own address. */
  address: string;
}

/** The download page of an app that has a release. Every name in it comes from outside. */
export function releaseDocument({ app, release, earlier, system, address }: ReleaseView): Document {
  const { best, suits, others } = offerFor(system, release.artifacts);
  const version = versionOf(release);
  const type = typeOf(app);
  const icon = appIcon({ ...app, type });
  const steps = best === null ? [] : fileKind(best.name).steps;
  return {
    title: `${app.name} ${version}`,
    description: `Download ${app.name} ${version}.`,
    hue: hueOf(app.slug),
    icon,
    body: html`<main>
<section class="card top">
<div>
<div class="head">${icon}
<div><h1><bdi>${app.name}</bdi></h1><p class="soft">${type === null ? '' : `${TYPE_NAMES[type]} · `}Version <bdi>${version}</bdi></p></div>
</div>
${!suits && noteFor(system, best)}
${best !== null && download(release.id, best)}
${best?.meta.signed === false && html`<p class="note">${unsigned(fileKind(best.name).system)}</p>`}
</div>
<div class="code">${qrCode(address)}Open on your phone</div>
</section>
${
  steps.length > 0 &&
  html`<section class="card"><h2>How to ${fileKind(best?.name ?? '').use === 'install' ? 'install' : 'use'} it</h2>
<ol>${steps.map((step) => html`<li>${step}</li>`)}</ol></section>`
}
<section class="card"><h2>About this version</h2>${facts(release, version, best)}</section>
${
  others.length > 0 &&
  html`<section class="card"><h2>Other files</h2>
<ul class="list">${others.map((file) => row(release.id, file))}</ul></section>`
}
${
  earlier.length > 0 &&
  html`<section class="card"><h2>Earlier versions</h2><ul class="list">${earlier.map(earlierVersion)}</ul></section>`
}
</main>`,
  };
}

const ARROW = html`<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M10 3v10m-4-4 4 4 4-4M4 17h12"/></svg>`;

function download(deploymentId: string, file: ArtifactRecord): Markup {
  const { system } = fileKind(file.name);
  return html`<div class="get">
<a class="button" href="${fileAddress(deploymentId, file.name)}">${ARROW}Download${system !== null && ` for ${SYSTEM_NAMES[system]}`}</a>
<p class="file"><bdi>${file.name}</bdi> · ${formatBytes(file.size)}</p>
</div>`;
}

/** What it means for a visitor that nobody has signed a file. */
function unsigned(system: System | null): string {
  if (system === 'android') return 'Nobody has signed this file: Android does not install it as it is.';
  if (system === 'windows') return 'Nobody has signed this file: Windows may warn before it opens it.';
  return 'Nobody has signed this file.';
}

/** For a visitor whose system no file is made for. */
function noteFor(system: System | null, best: ArtifactRecord | null): Markup {
  const madeFor = best === null ? null : fileKind(best.name).system;
  const here = system === null ? 'your device' : SYSTEM_NAMES[system];
  return html`<p class="note">This version has no file for ${here}.${madeFor !== null && ` To use it, open this page on ${SYSTEM_NAMES[madeFor]}.`}</p>`;
}

function facts(release: DeploymentRecord, version: string, best: ArtifactRecord | null): Markup {
  const released = release.finishedAt ?? release.createdAt;
  return html`<dl>
<dt>Version</dt><dd><bdi>${version}</bdi></dd>
<dt>Released</dt><dd><time datetime="${released}">${dayText(released)}</time></dd>
${release.commitHash !== null && html`<dt>Commit</dt><dd><code>${release.commitHash.slice(0, 12)}</code></dd>`}
${
  best !== null &&
  html`<dt>Kind</dt><dd>${fileKind(best.name).label}</dd>
${madeFor(best) !== '' && html`<dt>For</dt><dd>${madeFor(best)}</dd>`}
<dt>Size</dt><dd>${formatBytes(best.size)}</dd>
${typeof best.meta.signed === 'boolean' && html`<dt>Signed</dt><dd>${best.meta.signed ? 'Yes' : 'No'}</dd>`}
<dt>SHA-256</dt><dd><code>${best.sha256}</code></dd>`
}
</dl>`;
}

/** What a file is, for which devices, how large, and whether nobody has signed it. */
const aboutFile = (file: ArtifactRecord): string[] =>
  [
    fileKind(file.name).label,
    madeFor(file),
    formatBytes(file.size),
    file.meta.signed === false ? 'not signed' : '',
  ].filter((text) => text !== '');

/** What tells a file from others of its kind: the processor, the flavor, and that it is for debugging. */
function madeFor({ meta }: ArtifactRecord): string {
  const facts = [meta.abi, meta.arch, meta.flavor, meta.variant === 'debug' ? meta.variant : undefined];
  return facts.filter((fact) => typeof fact === 'string').join(', ');
}

const row = (deploymentId: string, file: ArtifactRecord): Markup => html`<li>
<div class="row"><a href="${fileAddress(deploymentId, file.name)}"><bdi>${file.name}</bdi></a><span>${aboutFile(file).join(' · ')}</span></div>
<details><summary>SHA-256</summary><code>${file.sha256}</code></details>
</li>`;

function earlierVersion(deployment: DeploymentRecord): Markup {
  const at = deployment.finishedAt ?? deployment.createdAt;
  return html`<li>
<div class="row"><bdi>${versionOf(deployment)}</bdi><span><time datetime="${at}">${dayText(at)}</time></span></div>
<div class="files">${deployment.artifacts.map((file) => html`<a href="${fileAddress(deployment.id, file.name)}"><bdi>${file.name}</bdi></a>`)}</div>
</li>`;
}

const fileAddress = (deploymentId: string, name: string) => `/dl/${deploymentId}/${encodeURIComponent(name)}`;
