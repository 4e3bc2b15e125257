/**
 * Writes what a zoo came to into docs/zoo.md: `node tools/write-zoo-table.ts DIR`, where DIR is the folder that `trial zoo --resume DIR`
 * has filled with runs of these sources. Mutants that were not run are left out.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { storedZoo } from '../campaign/zoo/zoo.ts';
import { zooMarkdown, zooRow, zooScore } from '../reports/zoo-table.ts';

const PAGE = new URL('../docs/zoo.md', import.meta.url);
const [folder = ''] = process.argv.slice(2);
const all = (await storedZoo(folder)).map(zooRow);
const rows = all.filter(({ verdict }) => verdict !== 'not run');
const { found, of, masked } = zooScore(rows);
const said = `${found} of the ${of} that are not masked were found (${masked} are masked, ${all.length - rows.length} were not run).`;
const page = readFileSync(PAGE, 'utf8');
writeFileSync(
  PAGE,
  page.replace(/(<!-- table -->\n)[^]*?(\n<!-- end of table -->)/, (_, begin: string, end: string) =>
    [begin, said, '\n\n', zooMarkdown(rows), end].join(''),
  ),
);
