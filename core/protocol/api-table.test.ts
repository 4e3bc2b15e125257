import test from 'ava';
import { apiTable } from './api-table.ts';

test('the API table is whole', (t) => {
  const table = apiTable();
  t.is(table.length, 130);
  t.is(table.filter((entry) => 'apiKey' in entry).length, 76);
  const vote = table.find((entry) => entry.name === 'Vote');
  t.true(vote !== undefined && 'request' in vote && vote.request.validVersions === '0-1');
});
