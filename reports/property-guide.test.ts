import { readFileSync } from 'node:fs';
import test from 'ava';
import { AREA_LIST, areaOf } from '../properties/areas.ts';
import { PROPERTY_TITLES } from '../properties/registry.ts';
import { propertyGuide } from './property-guide.ts';

test('docs/properties.md lists every property as it is (node tools/write-property-guide.ts writes it)', (t) => {
  t.is(readFileSync(new URL('../docs/properties.md', import.meta.url), 'utf8'), propertyGuide());
});

test('every property of Trial has an area by its letters, and none of them that of a scenario’s own', (t) => {
  const own = areaOf('R1', false).name;
  t.deepEqual(
    [...PROPERTY_TITLES.keys()].filter((id) => areaOf(id, true).name === own),
    [],
  );
  t.true(AREA_LIST.some(({ name }) => name === own));
});
