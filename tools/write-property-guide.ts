/** Writes docs/properties.md from the registry: `node tools/write-property-guide.ts`. */
import { writeFileSync } from 'node:fs';
import { propertyGuide } from '../reports/property-guide.ts';

writeFileSync(new URL('../docs/properties.md', import.meta.url), propertyGuide());
