/** A release as a page: the right file first, what to do with it, everything else below. */
import { type ReleaseDetails, utf8Bytes } from '@appflux/protocol';
import { html } from 'hono/html';
import type { AppRecord, ArtifactRecord, DeploymentRecord } from '../metadata/metadata.ts';
import { filePath, iconPath, versionPath } from './addresses.ts';
import { offerFor } from './device.ts';
import { fileKind, SYSTEM_NAMES, type System } from './file-kind.ts';
import { downloadButton, fileFacts, fileRow, unsignedNote } from './file-view.ts';
import { fit, MAX_PAGE_BYTES } from './fit.ts';
import { dayText } from './format.ts';
import { type Document, frame, type Markup } from './frame.ts';
import { appIcon, hueOf, qrCode } from './icon.ts';
import { notesBlocks } from './notes/markdown.ts';
import { notesMarkup, notesSection } from './notes/notes-view.ts';
import { isSiteArchive, releasedAt, typeOf, versionOf } from './release.ts';
import { plain } from './text.ts';

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
  /** Where its site is, if it is one. */
  site: string | null;
  /** What it says of itself. */
  details: ReleaseDetails;
  /** The page's own address. */
  address: string;
}

/** The lists of a page, as far as they are shown. */
interface Lists {
  notes: readonly Markup[];
  /** Whether there are notes that are not shown. */
  moreNotes: boolean;
  others: readonly Markup[];
  earlier: readonly Markup[];
  /** Whether there are files that are not shown. */
  more: boolean;
}

const NOTHING: Lists = { notes: [], moreNotes: false, others: [], earlier: [], more: false };

/** Bytes of the headings around lists, and of the link to what is not shown. */
const AROUND_LISTS = 900;
/** The part of the room that release notes may have before files and earlier versions. */
const FOR_NOTES = 0.45;
/** The part of the room that other files may have before earlier versions. */
const FOR_FILES = 0.65;
/** How many files of an earlier version are linked beside it. */
const EARLIER_FILES = 3;

/** The download page of an app that has a release, MAX_PAGE_BYTES at most. Every name in it comes from outside. */
export async function releaseDocument(view: ReleaseView): Promise<Document> {
  const { release, earlier, app, details } = view;
  const { others } = offeredOf(view);
  const bare = await frame(pageOf(view, NOTHING));
  const room = MAX_PAGE_BYTES - utf8Bytes(bare.text) - AROUND_LISTS;
  const blocks = details.notes === null ? [] : notesBlocks(details.notes.text).map(notesMarkup);
  const notes = await fit(blocks, room * FOR_NOTES);
  const left = room - notes.bytes;
  const rows = others.map((file) => fileRow(release.id, file));
  const files = await fit(rows, left * FOR_FILES);
  const versions = await fit(
    earlier.map((deployment) => earlierVersion(app.slug, deployment)),
    left - files.bytes,
  );
  const more = files.shown.length < rows.length;
  const moreNotes = notes.shown.length < blocks.length;
  return pageOf(view, { notes: notes.shown, moreNotes, others: files.shown, earlier: versions.shown, more });
}

/** The file to offer first, and the others. The archive of a site comes last: visitors open the site. */
function offeredOf({ release, system }: Pick<ReleaseView, 'release' | 'system'>) {
  const files = release.artifacts.filter((file) => !isSiteArchive(file));
  const offer = offerFor(system, files);
  return { ...offer, others: [...offer.others, ...release.artifacts.filter(isSiteArchive)] };
}

function pageOf({ app, release, system, address, details, site }: ReleaseView, lists: Lists): Document {
  const { notes, moreNotes, others, earlier, more } = lists;
  const { best, suits } = offeredOf({ release, system });
  const version = versionOf(release);
  const type = typeOf(app);
  const picture = details.icon && iconPath(app.slug, release.id);
  const drawn = appIcon({ ...app, type });
  const icon =
    picture === null ? drawn : html`<img class="icon" src="${picture}" alt="" width="96" height="96">`;
  const steps = best === null ? [] : fileKind(best.name).steps;
  return {
    title: plain(`${app.name} ${version}`),
    description: plain(`Download ${app.name} ${version}.`),
    address,
    hue: hueOf(app.slug),
    icon: picture ?? drawn,
    body: html`<main>
<section class="card top">
<div>
<div class="head">${icon}
<div><h1><bdi>${plain(app.name)}</bdi></h1><p class="soft">${type === null ? '' : `${TYPE_NAMES[type]} · `}Version <bdi>${plain(version)}</bdi></p></div>
</div>
${site !== null && html`<p class="site"><a href="${site}">Open the site</a></p>`}
${!suits && best !== null && noteFor(system, best)}
${best === null && html`<p class="note">This version has no files to download.</p>`}
${best !== null && downloadButton(release.id, best)}
${best !== null && unsignedNote(best)}
</div>
<div class="code">${qrCode(address)}Open on your phone</div>
</section>
${
  steps.length > 0 &&
  html`<section class="card"><h2>How to ${fileKind(best?.name ?? '').use === 'install' ? 'install' : 'use'} it</h2>
<ol>${steps.map((step) => html`<li>${step}</li>`)}</ol></section>`
}
${(notes.length > 0 || moreNotes) && notesSection(notes, moreNotes ? versionPath(app.slug, release.id) : null)}
<section class="card"><h2>About this version</h2><dl>
${releaseFacts(release)}
${best !== null && fileFacts(best, version)}
</dl></section>
${
  (others.length > 0 || more) &&
  html`<section class="card"><h2>Other files</h2>
<ul class="list">${others}</ul>${more && html`<p class="more"><a href="${versionPath(app.slug, release.id)}">All ${release.artifacts.length} files of this version</a></p>`}</section>`
}
${
  earlier.length > 0 &&
  html`<section class="card"><h2>Earlier versions</h2><ul class="list">${earlier}</ul></section>`
}
</main>`,
  };
}

/** For a visitor whose system no file is made for. */
function noteFor(system: System | null, best: ArtifactRecord | null): Markup {
  const madeFor = best === null ? null : fileKind(best.name).system;
  const here = system === null ? 'your device' : SYSTEM_NAMES[system];
  return html`<p class="note">This version has no file for ${here}.${madeFor !== null && ` To use it, open this page on ${SYSTEM_NAMES[madeFor]}.`}</p>`;
}

/** A version's own facts, as terms of a definition list. */
export const releaseFacts = (release: DeploymentRecord): Markup =>
  html`<dt>Version</dt><dd><bdi>${plain(versionOf(release))}</bdi></dd>
<dt>Released</dt><dd>${day(release)}</dd>
${release.commitHash !== null && html`<dt>Commit</dt><dd><code>${release.commitHash.slice(0, 12)}</code></dd>`}`;

const day = (release: DeploymentRecord): Markup =>
  html`<time datetime="${releasedAt(release)}">${dayText(releasedAt(release))}</time>`;

function earlierVersion(slug: string, deployment: DeploymentRecord): Markup {
  const { id, artifacts } = deployment;
  const files = artifacts.slice(0, EARLIER_FILES);
  const rest = artifacts.length - files.length;
  return html`<li>
<div class="row"><a href="${versionPath(slug, id)}"><bdi>${plain(versionOf(deployment))}</bdi></a><span>${day(deployment)}</span></div>
<div class="files">${files.map((file) => html`<a href="${filePath(id, file.name)}"><bdi>${file.name}</bdi></a>`)}${rest > 0 && html`<span class="soft">and ${rest} more</span>`}</div>
</li>`;
}
