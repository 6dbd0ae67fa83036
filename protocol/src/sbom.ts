/** The bill of materials (SBOM) of a deployment: CycloneDX (https://cyclonedx.org), made by the runner of lockfiles. */
import { z } from 'zod';

/** In `accepts` of a `welcome`: this edge stores SBOMs. */
export const SBOM = 'sbom';

/** `contentType` of the `upload` of an SBOM, which is no artifact: `finish` doesn't name it. Its bytes are gzip. */
export const SBOM_UPLOAD_TYPE = 'application/vnd.cyclonedx+json+gzip';

/** What an SBOM is served as. */
export const SBOM_MEDIA_TYPE = 'application/vnd.cyclonedx+json; version=1.6';

/** The largest SBOM, compressed: that of 50,000 packages, more than a lockfile may have, has about 6 MB. */
export const MAX_SBOM_BYTES = 8 * 1024 * 1024;

/** Tells an SBOM from other JSON. */
export const CycloneDx = z.looseObject({ bomFormat: z.literal('CycloneDX') });
