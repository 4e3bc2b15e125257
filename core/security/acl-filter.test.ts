import test from 'ava';
import type { Acl } from './acl.ts';
import { type AclFilter, filterProblem, matchesFilter } from './acl-filter.ts';

const ANYTHING: AclFilter = {
  resourceType: 1,
  resourceName: null,
  patternType: 1,
  principal: null,
  host: null,
  operation: 1,
  permissionType: 1,
};

const LITERAL: Acl = {
  resourceType: 2,
  resourceName: 'orders',
  patternType: 3,
  principal: 'User:alice',
  host: '*',
  operation: 3,
  permissionType: 3,
};
const WILDCARD: Acl = { ...LITERAL, resourceName: '*' };
const PREFIXED: Acl = { ...LITERAL, resourceName: 'ord', patternType: 4 };
const OTHER: Acl = { ...LITERAL, resourceName: 'payments' };

function found(filter: Partial<AclFilter>): Acl[] {
  return [LITERAL, WILDCARD, PREFIXED, OTHER].filter((acl) => matchesFilter({ ...ANYTHING, ...filter }, acl));
}

test('any: all entries, or those whose pattern has the name, literal or prefixed', (t) => {
  t.is(found({}).length, 4);
  t.deepEqual(found({ resourceName: 'orders' }), [LITERAL]);
  t.deepEqual(found({ resourceName: 'ord' }), [PREFIXED]);
  t.deepEqual(found({ resourceName: '*' }), [WILDCARD]);
});

test('match: all entries that apply to the resource', (t) => {
  t.deepEqual(found({ resourceName: 'orders', patternType: 2 }), [LITERAL, WILDCARD, PREFIXED]);
  t.deepEqual(found({ resourceName: 'nothing', patternType: 2 }), [WILDCARD]);
});

test('literal and prefixed: those patterns of that name alone', (t) => {
  t.deepEqual(found({ resourceName: 'orders', patternType: 3 }), [LITERAL]);
  t.deepEqual(found({ resourceName: 'orders', patternType: 4 }), []);
  t.deepEqual(found({ patternType: 4 }), [PREFIXED]);
});

test('principal, host, operation and permission are as given, to the letter', (t) => {
  t.is(found({ resourceType: 3 }).length, 0);
  t.is(found({ principal: 'User:alice' }).length, 4);
  t.is(found({ principal: 'User:*' }).length, 0);
  t.is(found({ host: '10.0.0.1' }).length, 0);
  t.is(found({ operation: 8 }).length, 0);
  t.is(found({ operation: 3, permissionType: 3 }).length, 4);
});

test('unknown codes are told', (t) => {
  t.is(filterProblem(ANYTHING), null);
  t.regex(filterProblem({ ...ANYTHING, patternType: 0 }) ?? '', /pattern type 0/);
  t.regex(filterProblem({ ...ANYTHING, operation: 99 }) ?? '', /operation 99/);
});
