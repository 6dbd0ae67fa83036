/**
 * What an app bundle's manifest and resource table say: messages of aapt2 (Resources.proto and Configuration.proto of the
 * Android Open Source Project). Field numbers are theirs.
 */
import { MOST_PERMISSIONS } from './manifest.ts';
import { fieldsOf, messageIn, messagesIn, numberIn, textIn } from './wire.ts';

/** An attribute: a text, a number, or a reference to a resource by its id. */
type Attribute =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'reference'; readonly id: number };

/** What a bundle's manifest says. */
export interface BundleManifest {
  readonly package: string | null;
  readonly versionCode: number | null;
  readonly versionName: Attribute | null;
  readonly label: Attribute | null;
  readonly minSdk: number | null;
  readonly targetSdk: number | null;
  readonly icon: Attribute | null;
  readonly permissions: readonly string[];
}

const XML_NODE = { element: 1 };
const XML_ELEMENT = { name: 3, attribute: 4, child: 5 };
const XML_ATTRIBUTE = { name: 2, value: 3, compiledItem: 6 };
const ITEM = { reference: 1, string: 2, rawString: 3, file: 5, primitive: 7 };
const PRIMITIVE = { decimal: 6, hexadecimal: 7 };

/** Reads the first two levels of elements: what is meant is never deeper. Throws MalformedFile. */
export function readBundleManifest(bytes: Buffer): BundleManifest {
  const root = messageIn(bytes, XML_NODE.element) ?? Buffer.alloc(0);
  const manifest = attributesOf(root);
  let application: ReadonlyMap<string, Attribute> | null = null;
  let sdk: ReadonlyMap<string, Attribute> | null = null;
  const permissions = new Set<string>();
  for (const child of messagesIn(root, XML_ELEMENT.child)) {
    const element = messageIn(child, XML_NODE.element);
    if (element === null) continue;
    const name = textIn(element, XML_ELEMENT.name);
    if (name === 'application') application ??= attributesOf(element);
    if (name === 'uses-sdk') sdk ??= attributesOf(element);
    if (
      (name === 'uses-permission' || name === 'uses-permission-sdk-23') &&
      permissions.size < MOST_PERMISSIONS
    ) {
      const permission = plainText(attributesOf(element).get('name'));
      if (permission !== null) permissions.add(permission);
    }
  }
  return {
    package: plainText(manifest.get('package')),
    versionCode: integer(manifest.get('versionCode')),
    versionName: manifest.get('versionName') ?? null,
    label: application?.get('label') ?? null,
    minSdk: integer(sdk?.get('minSdkVersion')),
    targetSdk: integer(sdk?.get('targetSdkVersion')),
    icon: application?.get('icon') ?? null,
    permissions: [...permissions],
  };
}

const plainText = (attribute: Attribute | undefined): string | null =>
  attribute?.kind === 'text' ? attribute.text : null;

/** A number, which a bundle may hold as a text. */
function integer(attribute: Attribute | undefined): number | null {
  if (attribute?.kind === 'number') return attribute.number;
  return attribute?.kind === 'text' && /^\d{1,10}$/.test(attribute.text) ? Number(attribute.text) : null;
}

function attributesOf(element: Buffer): Map<string, Attribute> {
  const attributes = new Map<string, Attribute>();
  for (const attribute of messagesIn(element, XML_ELEMENT.attribute)) {
    const name = textIn(attribute, XML_ATTRIBUTE.name);
    if (name === null || attributes.has(name)) continue;
    const compiled = messageIn(attribute, XML_ATTRIBUTE.compiledItem);
    const text = textIn(attribute, XML_ATTRIBUTE.value) ?? '';
    attributes.set(name, (compiled && itemOf(compiled)) ?? { kind: 'text', text });
  }
  return attributes;
}

function itemOf(item: Buffer): Attribute | null {
  for (const field of fieldsOf(item)) {
    if (!('bytes' in field)) continue;
    switch (field.number) {
      case ITEM.reference: {
        const id = numberIn(field.bytes, 2);
        return id === null ? null : { kind: 'reference', id };
      }
      case ITEM.string:
      case ITEM.rawString:
      case ITEM.file: {
        const text = textIn(field.bytes, 1);
        return text === null ? null : { kind: 'text', text };
      }
      case ITEM.primitive: {
        const number =
          numberIn(field.bytes, PRIMITIVE.decimal) ?? numberIn(field.bytes, PRIMITIVE.hexadecimal);
        return number === null ? null : { kind: 'number', number };
      }
    }
  }
  return null;
}

/** A reference may lead to another one; a longer way than this is a circle. */
const MOST_STEPS = 8;
const TABLE = { package: 2 };
const PACKAGE = { id: 1, type: 3 };
const TYPE = { id: 1, entry: 3 };
const ENTRY = { id: 1, value: 6 };
const CONFIG_VALUE = { config: 1, value: 2 };
const DENSITY = 18;

/** A text that an attribute leads to, and for which density of screens: dots per inch, 0 for any. */
interface BundleText {
  readonly text: string;
  readonly density: number;
  /** Nothing is asked for: no language, no screen, no version. */
  readonly isForAll: boolean;
}

/** All texts that an attribute leads to: one for each language, or the paths of a picture's files. Throws MalformedFile. */
export function bundleTexts(table: Buffer, attribute: Attribute | null): BundleText[] {
  if (attribute?.kind === 'text') return [{ text: attribute.text, density: 0, isForAll: true }];
  let ids = attribute?.kind === 'reference' ? [attribute.id] : [];
  const texts: BundleText[] = [];
  for (let step = 0; ids.length > 0 && step < MOST_STEPS; step += 1) {
    const next: number[] = [];
    for (const { item, density, isForAll } of ids.flatMap((id) => [...itemsOf(table, id)])) {
      const found = itemOf(item);
      if (found?.kind === 'text') texts.push({ text: found.text, density, isForAll });
      if (found?.kind === 'reference') next.push(found.id);
    }
    ids = [...new Set(next)].slice(0, MOST_STEPS);
  }
  return texts;
}

/** The text for everyone, else the first. */
export function bundleText(table: Buffer, attribute: Attribute | null): string | null {
  const texts = bundleTexts(table, attribute);
  return (texts.find(({ isForAll }) => isForAll) ?? texts[0])?.text ?? null;
}

/** The values of a resource. Its id is package, type and entry: 0xPPTTEEEE. */
function* itemsOf(
  table: Buffer,
  id: number,
): Generator<{ item: Buffer; density: number; isForAll: boolean }> {
  const isIt = (message: Buffer, field: number, wanted: number) => {
    const named = messageIn(message, field);
    return named !== null && (numberIn(named, 1) ?? 0) === wanted;
  };
  for (const owner of messagesIn(table, TABLE.package)) {
    if (!isIt(owner, PACKAGE.id, id >>> 24)) continue;
    for (const type of messagesIn(owner, PACKAGE.type)) {
      if (!isIt(type, TYPE.id, (id >>> 16) & 0xff)) continue;
      for (const entry of messagesIn(type, TYPE.entry)) {
        if (!isIt(entry, ENTRY.id, id & 0xffff)) continue;
        for (const configured of messagesIn(entry, ENTRY.value)) {
          const value = messageIn(configured, CONFIG_VALUE.value);
          const item = value === null ? null : messageIn(value, 4);
          const config = messageIn(configured, CONFIG_VALUE.config) ?? Buffer.alloc(0);
          if (item !== null)
            yield { item, density: numberIn(config, DENSITY) ?? 0, isForAll: config.length === 0 };
        }
      }
    }
  }
}
