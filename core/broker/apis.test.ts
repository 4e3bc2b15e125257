/** The records of the APIs, and what is folded from them. */
import test from 'ava';
import { codecVersions } from '../protocol/codec.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { ApiName, RequestTypes } from '../protocol/messages/index.ts';
import { RELEASE_APIS, type VersionRange } from '../rpc/api-versions.ts';
import type { FailedAnswer } from '../rpc/failure.ts';
import { AclOperation } from '../security/acl.ts';
import { onCluster, onTopic } from '../security/permissions.ts';
import { defineApi } from './api.ts';
import { brokerApis, controllerApis, forwardedApis, rangesOf } from './offered-apis.ts';
import { errorAnswers } from './request-router.ts';

const names = (apis: readonly { readonly name: ApiName }[]): ApiName[] => apis.map(({ name }) => name);

test('listeners offer versions that Kafka has released: InitProducerId 6, which it has defined alone, is not offered', (t) => {
  for (const { name, versions } of [...brokerApis(true), ...controllerApis()]) {
    const [lowest, highest] = RELEASE_APIS.get(name) as VersionRange;
    t.true(versions[0] >= lowest && versions[1] <= highest, name);
  }
  t.deepEqual(codecVersions('InitProducerId'), [0, 6]);
  t.deepEqual(rangesOf(brokerApis(true)).get('InitProducerId'), [0, 5]);
});

test('each API is one record', (t) => {
  const all = names([...new Set([...brokerApis(true), ...controllerApis()])]);
  t.deepEqual(all, [...new Set(all)]);
});

test('a world without cryptography offers no SASL; controllers offer all that brokers forward', (t) => {
  const without = names(brokerApis(false));
  t.deepEqual(
    names(brokerApis(true)).filter((name) => !without.includes(name)),
    ['AlterUserScramCredentials', 'DescribeUserScramCredentials', 'SaslAuthenticate', 'SaslHandshake'],
  );
  const controllers = names(controllerApis());
  for (const name of names(forwardedApis())) t.true(controllers.includes(name), name);
});

test('a request whose handler failed is answered where its API has a place for the error', (t) => {
  const answerOf = errorAnswers(brokerApis(true));
  const answer = (api: ApiName, version: number, body: object): object | null =>
    answerOf({ api, version, body: body as RequestTypes[ApiName] });
  const fetch = { topics: [{ topic: 't', partitions: [{ partition: 3 }] }], sessionId: 1 };
  t.like(answer('Fetch', 11, fetch), { errorCode: -1, responses: [{ partitions: [{ errorCode: -1 }] }] });
  t.like(answer('Fetch', 13, fetch), { errorCode: -1, responses: [] });
  t.is(answer('Produce', 9, { acks: 0, topicData: [] }), null);
  t.like(answer('Heartbeat', 4, {}), { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR });
});

test('a missing or wrong piece of a record does not compile', (t) => {
  const forward = (): void => undefined;
  const failed: FailedAnswer<'Heartbeat'> = ({ errorCode }) => ({ errorCode });
  const anyone = { authorization: 'anyone', handle: () => undefined } as const;
  defineApi({ name: 'Heartbeat', versions: [0, 4], failed, broker: anyone, controller: null });
  // @ts-expect-error nobody says how it is answered with an error
  defineApi({ name: 'Heartbeat', versions: [0, 4], broker: anyone, controller: null });
  // @ts-expect-error no versions
  defineApi({ name: 'Heartbeat', failed, broker: anyone, controller: null });
  // @ts-expect-error no word about the controllers' listeners
  defineApi({ name: 'Heartbeat', versions: [0, 4], failed, broker: anyone });
  // @ts-expect-error offered nowhere
  defineApi({ name: 'Heartbeat', versions: [0, 4], failed, broker: null, controller: null });
  // @ts-expect-error forwarded to controllers that do not offer it
  defineApi({ name: 'Heartbeat', versions: [0, 4], failed, broker: { forward }, controller: null });
  // @ts-expect-error nobody says who may ask
  defineApi({ name: 'Heartbeat', versions: [0, 4], failed, broker: { handle: forward }, controller: null });
  defineApi({
    name: 'DeleteRecords',
    versions: [0, 2],
    // @ts-expect-error the answer has no such place
    failed: ({ errorCode }) => ({ errorCode }),
    controller: null,
    broker: {
      authorization: { items: { delete: onTopic(AclOperation.DELETE), describeAll: onCluster(AclOperation.DESCRIBE) } },
      handle(_, request, may) {
        may.delete('t');
        may.describeAll();
        // @ts-expect-error of which topic?
        may.delete();
        // @ts-expect-error a permission that the record does not declare
        may.read('t');
        // @ts-expect-error not a field of this request
        request.respond({ topics: request.body.names });
      },
    },
  });
  t.pass();
});
