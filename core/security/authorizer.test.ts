import test from 'ava';
import fc from 'fast-check';
import { type Acl, AclOperation, AclResourceType, type Acls, PatternType, PermissionType } from './acl.ts';
import { AuthHelper } from './auth-helper.ts';
import { Authorizer } from './authorizer.ts';

const { TOPIC, GROUP, CLUSTER } = AclResourceType;
const { LITERAL, PREFIXED } = PatternType;
const { ALL, READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS } = AclOperation;
const { ALLOW, DENY } = PermissionType;

const ALICE = { principal: { type: 'User', name: 'alice' }, clientHost: '10.0.0.1' };
const BOB = { principal: { type: 'User', name: 'bob' }, clientHost: '10.0.0.2' };

function acl(more: Partial<Acl> = {}): Acl {
  return {
    resourceType: TOPIC,
    resourceName: 'orders',
    patternType: LITERAL,
    principal: 'User:alice',
    host: '*',
    operation: READ,
    permissionType: ALLOW,
    ...more,
  };
}

function aclsOf(list: readonly Acl[]): Acls {
  return new Map(list.map((each, index) => [String(index), each]));
}

function authorizer(list: readonly Acl[], options: { superUsers?: string[]; open?: boolean } = {}): Authorizer {
  const settings = { superUsers: new Set(options.superUsers), allowEveryoneIfNoAclFound: options.open ?? false };
  const acls = aclsOf(list);
  return new Authorizer(settings, () => acls);
}

test('what no ACL allows is denied, and an ACL allows its principal its operation on its resource', (t) => {
  const by = authorizer([acl()]);
  t.true(by.authorize(ALICE, READ, TOPIC, 'orders'));
  t.false(by.authorize(BOB, READ, TOPIC, 'orders'));
  t.false(by.authorize(ALICE, WRITE, TOPIC, 'orders'));
  t.false(by.authorize(ALICE, READ, TOPIC, 'orders2'));
  t.false(by.authorize(ALICE, READ, GROUP, 'orders'));
});

test('User:* is everyone, and * every name', (t) => {
  const by = authorizer([acl({ principal: 'User:*', resourceName: '*' })]);
  t.true(by.authorize(BOB, READ, TOPIC, 'anything'));
  t.false(by.authorize(BOB, READ, GROUP, 'anything'));
  t.false(authorizer([acl({ resourceName: '*', patternType: PREFIXED })]).authorize(ALICE, READ, TOPIC, 'anything'));
});

test('a prefix covers the names that begin with it', (t) => {
  const by = authorizer([acl({ resourceName: 'ord', patternType: PREFIXED })]);
  t.true(by.authorize(ALICE, READ, TOPIC, 'ord'));
  t.true(by.authorize(ALICE, READ, TOPIC, 'orders'));
  t.false(by.authorize(ALICE, READ, TOPIC, 'or'));
});

test('a deny is stronger than any allow, wherever each of them is', (t) => {
  for (const deny of [acl(), acl({ resourceName: '*' }), acl({ resourceName: 'o', patternType: PREFIXED })]) {
    for (const allow of [acl(), acl({ resourceName: '*' }), acl({ resourceName: 'ord', patternType: PREFIXED })]) {
      const by = authorizer([allow, { ...deny, permissionType: DENY }]);
      t.false(by.authorize(ALICE, READ, TOPIC, 'orders'));
    }
  }
});

test('an ACL may be for one host', (t) => {
  const by = authorizer([acl({ host: '10.0.0.1' })]);
  t.true(by.authorize(ALICE, READ, TOPIC, 'orders'));
  t.true(by.authorize({ ...ALICE, clientHost: '::ffff:10.0.0.1' }, READ, TOPIC, 'orders'));
  t.false(by.authorize({ ...ALICE, clientHost: '10.0.0.9' }, READ, TOPIC, 'orders'));
});

test('some operations imply that one may describe; forbidding them does not forbid that', (t) => {
  for (const operation of [READ, WRITE, DELETE, ALTER, ALL]) {
    t.true(authorizer([acl({ operation })]).authorize(ALICE, DESCRIBE, TOPIC, 'orders'), String(operation));
  }
  for (const operation of [CREATE, ALTER_CONFIGS, DESCRIBE_CONFIGS]) {
    t.false(authorizer([acl({ operation })]).authorize(ALICE, DESCRIBE, TOPIC, 'orders'), String(operation));
  }
  t.true(authorizer([acl({ operation: ALTER_CONFIGS })]).authorize(ALICE, DESCRIBE_CONFIGS, TOPIC, 'orders'));
  t.false(authorizer([acl({ operation: ALTER })]).authorize(ALICE, DESCRIBE_CONFIGS, TOPIC, 'orders'));
  const by = authorizer([acl({ operation: WRITE }), acl({ operation: READ, permissionType: DENY })]);
  t.true(by.authorize(ALICE, DESCRIBE, TOPIC, 'orders'));
  t.false(by.authorize(ALICE, READ, TOPIC, 'orders'));
});

test('super users may do anything', (t) => {
  const by = authorizer([acl({ permissionType: DENY, operation: ALL })], { superUsers: ['User:alice'] });
  t.true(by.authorize(ALICE, READ, TOPIC, 'orders'));
  t.false(by.authorize(BOB, READ, TOPIC, 'orders'));
});

test('allow.everyone.if.no.acl.found opens what no ACL names', (t) => {
  const by = authorizer([acl(), acl({ resourceName: 'x', patternType: PREFIXED })], { open: true });
  t.true(by.authorize(BOB, WRITE, TOPIC, 'free'));
  t.true(by.authorize(BOB, WRITE, GROUP, 'orders'));
  t.false(by.authorize(BOB, WRITE, TOPIC, 'orders'));
  t.false(by.authorize(BOB, WRITE, TOPIC, 'xyz'));
  t.false(authorizer([acl({ resourceName: '*' })], { open: true }).authorize(BOB, WRITE, TOPIC, 'free'));
});

test('before the metadata is loaded only super users may do anything', (t) => {
  const settings = { superUsers: new Set(['User:alice']), allowEveryoneIfNoAclFound: true };
  const by = new Authorizer(settings, () => null);
  t.true(by.authorize(ALICE, READ, TOPIC, 'orders'));
  t.false(by.authorize(BOB, READ, TOPIC, 'orders'));
});

test('it follows the ACLs as they change', (t) => {
  let acls = aclsOf([]);
  const by = new Authorizer({ superUsers: new Set(), allowEveryoneIfNoAclFound: false }, () => acls);
  t.false(by.authorize(ALICE, READ, TOPIC, 'orders'));
  acls = aclsOf([acl()]);
  t.true(by.authorize(ALICE, READ, TOPIC, 'orders'));
});

test('is there any resource that one may write to (KIP-679)?', (t) => {
  const some = (...list: Acl[]): boolean => authorizer(list).authorizeByResourceType(ALICE, WRITE, TOPIC);
  const write = acl({ operation: WRITE });
  const prefix = { resourceName: 'ord', patternType: PREFIXED };
  t.false(some());
  t.true(some(write));
  t.false(some(acl({ operation: READ })));
  t.false(some({ ...write, principal: 'User:bob' }));
  t.false(some(write, { ...write, permissionType: DENY }));
  t.false(some(write, { ...write, ...prefix, permissionType: DENY }));
  t.true(some({ ...write, ...prefix }, { ...write, permissionType: DENY }));
  t.false(some({ ...write, ...prefix }, { ...write, ...prefix, permissionType: DENY }));
  t.true(some({ ...write, resourceName: '*' }, { ...write, ...prefix, permissionType: DENY }));
  t.false(some(write, { ...write, resourceName: '*', permissionType: DENY }));
  t.true(authorizer([], { superUsers: ['User:alice'] }).authorizeByResourceType(ALICE, WRITE, TOPIC));
  t.true(authorizer([], { open: true }).authorizeByResourceType(ALICE, WRITE, TOPIC));
});

test('authorized operations are a bit for each operation that the type of resource has', (t) => {
  const auth = new AuthHelper(
    authorizer([acl(), acl({ resourceType: CLUSTER, resourceName: 'kafka-cluster', operation: ALTER })]),
  );
  t.is(auth.authorizedOperations(ALICE, TOPIC, 'orders'), (1 << READ) | (1 << DESCRIBE));
  t.is(auth.authorizedOperations(ALICE, CLUSTER, 'kafka-cluster'), (1 << ALTER) | (1 << DESCRIBE));
  t.is(auth.authorizedOperations(BOB, CLUSTER, 'kafka-cluster'), 0);
  // All of them without an authorizer: the bits of codes 3 to 8, 10 and 11.
  t.is(new AuthHelper(null).authorizedOperations(BOB, TOPIC, 'orders'), 0b1101_1111_1000);
});

const NAMES = ['a', 'ab', 'abc', 'b', '*'];

const anyAcl: fc.Arbitrary<Acl> = fc.record({
  resourceType: fc.constantFrom(TOPIC, GROUP),
  resourceName: fc.constantFrom(...NAMES),
  patternType: fc.constantFrom(LITERAL, PREFIXED),
  principal: fc.constantFrom('User:alice', 'User:bob', 'User:*'),
  host: fc.constantFrom('10.0.0.1', '10.0.0.2', '*'),
  operation: fc.constantFrom(ALL, READ, WRITE, DESCRIBE, ALTER_CONFIGS, DESCRIBE_CONFIGS),
  permissionType: fc.constantFrom(ALLOW, ALLOW, DENY),
});

/** The rules as they are told, over a plain list. */
function naive(list: readonly Acl[], open: boolean, who: typeof ALICE, operation: number, type: number, name: string): boolean {
  const onResource = list.filter((each) => {
    if (each.resourceType !== type) return false;
    if (each.patternType === PREFIXED) return name.startsWith(each.resourceName);
    return each.resourceName === name || each.resourceName === '*';
  });
  if (onResource.length === 0) return open;
  const forMe = onResource.filter(
    (each) => ['User:*', `User:${who.principal.name}`].includes(each.principal) && ['*', who.clientHost].includes(each.host),
  );
  const denied = forMe.some((each) => each.permissionType === DENY && [ALL, operation].includes(each.operation as never));
  const implying: Record<number, number[]> = {
    [DESCRIBE]: [READ, WRITE, DELETE, ALTER],
    [DESCRIBE_CONFIGS]: [ALTER_CONFIGS],
  };
  const enough = [ALL, operation, ...(implying[operation] ?? [])];
  return !denied && forMe.some((each) => each.permissionType === ALLOW && enough.includes(each.operation));
}

test('any ACLs, any request: the same as by the plain rules', (t) => {
  const request = fc.record({
    who: fc.constantFrom(ALICE, BOB),
    operation: fc.constantFrom(READ, WRITE, CREATE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS),
    type: fc.constantFrom(TOPIC, GROUP),
    name: fc.constantFrom(...NAMES, 'abcd', ''),
  });
  fc.assert(
    fc.property(fc.array(anyAcl, { maxLength: 12 }), fc.boolean(), fc.array(request), (list, open, requests) => {
      const by = authorizer(list, { open });
      for (const { who, operation, type, name } of requests) {
        t.is(by.authorize(who, operation, type, name), naive(list, open, who, operation, type, name));
      }
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('an operation that is allowed for a type of resource is allowed for some resource, unless denies of single names are in the way', (t) => {
  fc.assert(
    fc.property(fc.array(anyAcl, { maxLength: 8 }), (list) => {
      const by = authorizer(list);
      const somewhere = [...NAMES, 'abcd', 'hardcode'].some((name) => name !== '*' && by.authorize(ALICE, WRITE, TOPIC, name));
      if (somewhere) t.true(by.authorizeByResourceType(ALICE, WRITE, TOPIC) || hasLiteralWildcardDeny(list));
    }),
    { numRuns: 300 },
  );
  t.pass();
});

function hasLiteralWildcardDeny(list: readonly Acl[]): boolean {
  return list.some((each) => each.permissionType === DENY && each.resourceName === '*' && each.patternType === LITERAL);
}
