import test from 'ava';
import { apiTable } from './api-table.ts';

test('the API table is whole', (t) => {
  const table = apiTable();
  t.is(table.length, 187);
  t.is(table.filter((entry) => 'apiKey' in entry).length, 91);
  const produce = table.find((entry) => entry.name === 'Produce');
  t.true(produce !== undefined && 'request' in produce && produce.request.validVersions === '3-13');
});
