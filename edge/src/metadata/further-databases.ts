/** The bindings of the databases of metadata beside METADATA (sharded/), by their numbers from 1. */
export const FURTHER_DATABASES = [
  'METADATA_1',
  'METADATA_2',
  'METADATA_3',
  'METADATA_4',
  'METADATA_5',
  'METADATA_6',
  'METADATA_7',
] as const;
