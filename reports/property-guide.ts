/** docs/properties.md: every property with its line, by area, each with an anchor that reports link to. */
import { AREA_LIST, areaOf } from '../properties/areas.ts';
import { PROPERTY_TITLES } from '../properties/registry.ts';

/** The page's whole text. A test holds the file to it; `node tools/write-property-guide.ts` writes it anew. */
export function propertyGuide(): string {
  const sections = AREA_LIST.flatMap(({ name, about }) => {
    const rows = [...PROPERTY_TITLES].filter(([id]) => areaOf(id, true).name === name);
    if (rows.length === 0) return [];
    const lines = rows.map(([id, title]) => `- <a id="${id.toLowerCase()}"></a>**${id}**: ${title.replaceAll('<', '&lt;')}`);
    return [`## ${name.charAt(0).toUpperCase()}${name.slice(1)}: ${about}\n\n${lines.join('\n')}\n`];
  });
  return `# Properties

What must hold in every run, unless the faults that really happened leave the guarantee (then the result says which property was not
promised, and why). \`npx trial list properties\` prints the same list. A scenario may add [properties of its own](writing-scenarios.md#properties-of-your-own).

${sections.join('\n')}`;
}
