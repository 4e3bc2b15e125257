// The view of the time machine's pages as one script and one style, for the package: dist/reports/page/view.js and view.css.
// The worker is bundled when a page is made (reports/page-bundle.ts), so that a user's own scenario is in it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { viewCode } from '../reports/page-bundle.ts';

const folder = new URL('../dist/reports/page/', import.meta.url);
const { script, style } = await viewCode();
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('view.js', folder), script);
writeFileSync(new URL('view.css', folder), style);
