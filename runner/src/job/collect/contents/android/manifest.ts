/** AndroidManifest.xml as it is compiled into an APK: Android's binary XML. */

import { MalformedFile } from '../malformed.ts';
import {
  chunkAt,
  chunksIn,
  FIRST_INTEGER,
  LAST_INTEGER,
  STRING,
  STRING_POOL,
  type StringPool,
  stringPool,
  type Value,
  valueAt,
} from './chunks.ts';

const XML = 0x0003;
const RESOURCE_MAP = 0x0180;
const START_ELEMENT = 0x0102;

/** The resource ids of the attributes that are read (android.R.attr). */
const ATTRIBUTES = new Map([
  [0x01010001, 'label'],
  [0x01010002, 'icon'],
  [0x01010003, 'name'],
  [0x0101020c, 'minSdkVersion'],
  [0x0101021b, 'versionCode'],
  [0x0101021c, 'versionName'],
  [0x01010270, 'targetSdkVersion'],
]);

/** What a manifest says; a text may be a reference into the resource table. */
export interface AndroidManifest {
  readonly package: string | null;
  readonly versionCode: number | null;
  readonly versionName: string | Value | null;
  readonly label: string | Value | null;
  readonly minSdk: number | null;
  readonly targetSdk: number | null;
  readonly icon: Value | null;
  /** Names of the permissions that it asks for, once each. */
  readonly permissions: readonly string[];
}

/** Elements that ask for a permission. */
const PERMISSIONS = new Set(['uses-permission', 'uses-permission-sdk-23']);
/** The most permissions that are read: Android itself knows some hundreds. */
export const MOST_PERMISSIONS = 1000;

/** @throws MalformedFile, or RangeError where the file ends too early */
export function readManifest(bytes: Buffer): AndroidManifest {
  const root = chunkAt(bytes);
  if (root.type !== XML) throw new MalformedFile('not binary XML');
  let strings: StringPool = () => null;
  const ids: number[] = [];
  const elements = new Map<string, Map<string, string | Value>>();
  const permissions = new Set<string>();
  for (const chunk of chunksIn(root)) {
    if (chunk.type === STRING_POOL) strings = stringPool(chunk);
    if (chunk.type === RESOURCE_MAP) {
      for (let at = chunk.headerSize; at + 4 <= chunk.bytes.length; at += 4)
        ids.push(chunk.bytes.readUInt32LE(at));
    }
    if (chunk.type !== START_ELEMENT) continue;
    const name = strings(chunk.bytes.readUInt32LE(20)) ?? '';
    if (PERMISSIONS.has(name) && permissions.size < MOST_PERMISSIONS) {
      const permission = attributesOf(chunk.bytes, strings, ids).get('name');
      if (typeof permission === 'string') permissions.add(permission);
    }
    // The first of its name is the one meant: a manifest has one application, and one uses-sdk.
    if (['manifest', 'application', 'uses-sdk'].includes(name) && !elements.has(name)) {
      elements.set(name, attributesOf(chunk.bytes, strings, ids));
    }
  }
  const text = (element: string, attribute: string) => elements.get(element)?.get(attribute) ?? null;
  const plain = text('manifest', 'package');
  const icon = text('application', 'icon');
  return {
    package: typeof plain === 'string' ? plain : null,
    versionCode: integer(text('manifest', 'versionCode')),
    versionName: text('manifest', 'versionName'),
    label: text('application', 'label'),
    minSdk: integer(text('uses-sdk', 'minSdkVersion')),
    targetSdk: integer(text('uses-sdk', 'targetSdkVersion')),
    icon: typeof icon === 'string' ? null : icon,
    permissions: [...permissions],
  };
}

/** An element's attributes: those of Android by their ids, as their names may have been stripped; the rest by name. */
function attributesOf(
  bytes: Buffer,
  strings: StringPool,
  ids: readonly number[],
): Map<string, string | Value> {
  const start = 16 + bytes.readUInt16LE(24);
  const size = bytes.readUInt16LE(26);
  const count = bytes.readUInt16LE(28);
  const attributes = new Map<string, string | Value>();
  for (let index = 0; index < count; index += 1) {
    const at = start + index * size;
    const nameIndex = bytes.readUInt32LE(at + 4);
    const name = ATTRIBUTES.get(ids[nameIndex] ?? 0) ?? strings(nameIndex);
    const value = valueAt(bytes, at + 12);
    const text = value.type === STRING ? strings(value.data) : null;
    if (name !== null && !attributes.has(name)) attributes.set(name, text ?? value);
  }
  return attributes;
}

function integer(value: string | Value | null): number | null {
  if (value === null || typeof value === 'string') return null;
  return value.type >= FIRST_INTEGER && value.type <= LAST_INTEGER ? value.data : null;
}
