import test from 'ava';
import { decodeResponse } from '../protocol/codec.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { EnvelopeRequest, EnvelopeResponse } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { IncomingRequest } from '../rpc/rpc-server.ts';
import { CLUSTER_NODE } from '../security/principal.ts';
import { answerIn, envelopeOf, openEnvelope } from './envelope.ts';
import { forwardedApis, rangesOf } from './offered-apis.ts';

const FORWARDED = rangesOf(forwardedApis());
const ALICE = { principal: { type: 'User', name: 'alice' }, clientHost: '10.1.2.3', clientId: 'app' };
const TOPICS = { topics: [{ name: 'orders', count: 3, assignments: null }], timeoutMs: 100, validateOnly: false };

function incoming(body: EnvelopeRequest) {
  const answers: Draft<EnvelopeResponse>[] = [];
  const request: IncomingRequest<'Envelope'> = {
    api: 'Envelope',
    version: 0,
    clientId: 'broker-1',
    body,
    connectionId: 'CONTROLLER-1',
    clientHost: 'b1',
    listener: 'CONTROLLER',
    principal: CLUSTER_NODE,
    respond: (answer) => answers.push(answer),
    noResponse: () => {},
    closeConnection: () => {},
  };
  return { request, answers };
}

function open(body: EnvelopeRequest): IncomingRequest | number {
  return openEnvelope(incoming(body).request, FORWARDED);
}

test('a request comes out of its envelope as it went in, with whose it is', (t) => {
  const opened = open(envelopeOf(ALICE, 'CreatePartitions', 2, TOPICS)) as IncomingRequest;
  t.deepEqual(opened.body, TOPICS);
  t.is(opened.version, 2);
  t.is(opened.clientId, 'app');
  t.deepEqual(opened.principal, ALICE.principal);
  t.is(opened.clientHost, '10.1.2.3');
});

test('the answer goes back in an envelope, in the version of the request', (t) => {
  const { request, answers } = incoming(envelopeOf(ALICE, 'CreatePartitions', 2, TOPICS));
  const opened = openEnvelope(request, FORWARDED) as IncomingRequest<'CreatePartitions'>;
  opened.respond({ results: [{ name: 'orders', errorCode: ErrorCode.NONE, errorMessage: null }] });
  t.is(answers[0]?.errorCode, ErrorCode.NONE);
  const bytes = answers[0]?.responseData as Uint8Array;
  t.is(answerIn('CreatePartitions', 2, bytes)?.results[0]?.name, 'orders');
  t.is(decodeResponse('CreatePartitions', 2, bytes).correlationId, 0);
  t.is(answerIn('CreateTopics', 7, bytes.subarray(0, 3)), null);
});

test('NOT_CONTROLLER stands on the envelope, for the broker to see', (t) => {
  const { request, answers } = incoming(envelopeOf(ALICE, 'CreatePartitions', 2, TOPICS));
  const opened = openEnvelope(request, FORWARDED) as IncomingRequest<'CreatePartitions'>;
  opened.respond({ results: [{ name: 'orders', errorCode: ErrorCode.NOT_CONTROLLER, errorMessage: null }] });
  t.deepEqual(answers, [{ errorCode: ErrorCode.NOT_CONTROLLER, responseData: null }]);
});

test('an envelope that cannot be opened is refused with what is wrong', (t) => {
  const good = envelopeOf(ALICE, 'CreatePartitions', 2, TOPICS);
  t.is(open({ ...good, requestPrincipal: null }), ErrorCode.PRINCIPAL_DESERIALIZATION_FAILURE);
  t.is(open({ ...good, requestPrincipal: Uint8Array.of(0, 9, 1) }), ErrorCode.PRINCIPAL_DESERIALIZATION_FAILURE);
  t.is(open({ ...good, clientHostAddress: Uint8Array.of(1, 2, 3) }), ErrorCode.INVALID_REQUEST);
  t.is(open({ ...good, requestData: good.requestData.subarray(0, 9) }), ErrorCode.UNSUPPORTED_VERSION);
  // Nothing but what brokers forward: nobody votes in somebody else's name.
  const vote = envelopeOf(ALICE, 'Vote', 1, { clusterId: null, topics: [] });
  t.is(open(vote), ErrorCode.INVALID_REQUEST);
  const nested = envelopeOf(ALICE, 'Envelope', 0, good);
  t.is(open(nested), ErrorCode.INVALID_REQUEST);
});
