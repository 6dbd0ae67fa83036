/** One version of an app as a page: every file with its checksum, however many there are. */
import type { ReleaseDetails } from '@appflux/protocol';
import { html } from 'hono/html';
import type { AppRecord, DeploymentRecord } from '../metadata/metadata.ts';
import { pagePath } from './addresses.ts';
import { fileRow } from './file-view.ts';
import type { Document } from './frame.ts';
import { appIcon, hueOf } from './icon.ts';
import { notesBlocks } from './notes/markdown.ts';
import { notesMarkup, notesSection } from './notes/notes-view.ts';
import { typeOf, versionOf } from './release.ts';
import { releaseFacts } from './release-view.ts';
import { plain } from './text.ts';

export interface VersionView {
  app: AppRecord;
  version: DeploymentRecord;
  details: ReleaseDetails;
  /** The page's own address. */
  address: string;
}

/** All of one version: its notes to their end, and its files. */
export function versionDocument({ app, version, details, address }: VersionView): Document {
  const icon = appIcon({ ...app, type: typeOf(app) });
  const notes = details.notes === null ? [] : notesBlocks(details.notes.text).map(notesMarkup);
  const name = versionOf(version);
  return {
    title: plain(`${app.name} ${name}: all files`),
    description: plain(`All files of ${app.name} ${name}.`),
    address,
    hue: hueOf(app.slug),
    icon,
    body: html`<main>
<section class="card"><div class="head">${icon}
<div><h1><bdi>${plain(app.name)}</bdi> <bdi>${plain(name)}</bdi></h1><p class="soft"><a href="${pagePath(app.slug)}">The current version</a></p></div>
</div></section>
<section class="card"><h2>About this version</h2><dl>${releaseFacts(version)}</dl></section>
${notes.length > 0 && notesSection(notes, null)}
<section class="card"><h2>Files</h2><ul class="list">${version.artifacts.map((file) => fileRow(version.id, file))}</ul></section>
</main>`,
  };
}
