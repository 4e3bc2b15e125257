/** Which frames passed between two ends of a connection. */
import test from 'ava';
import { encodeRequest, encodeResponse } from '../../core/protocol/codec.ts';
import type { TappedEnd } from '../../world/network-tap.ts';
import { FrameLog } from './frame-log.ts';

interface Ends {
  readonly client: TappedEnd;
  readonly server: TappedEnd;
}

function connection(): Ends {
  const end = (name: string, to: string, remotePort: number) => ({
    incarnation: { number: 0, process: { name } },
    remotePort,
    incoming: { sender: null as unknown as TappedEnd },
    outgoing: { link: { to } },
  });
  const client = end('writer', 'b1', 9092);
  const server = end('b1', 'writer', 49_152);
  client.incoming.sender = server;
  server.incoming.sender = client;
  return { client, server };
}

const REQUEST = encodeRequest('Heartbeat', 4, 7, 'me', { groupId: 'g', generationId: 3, memberId: 'm', groupInstanceId: null });
const RESPONSE = encodeResponse('Heartbeat', 4, 7, { throttleTimeMs: 0, errorCode: 27 });

test('a request is read when its last byte is, and knows its response', (t) => {
  let nowUs = 10;
  const log = new FrameLog(() => nowUs);
  const { client, server } = connection();
  log.sent(client, REQUEST.subarray(0, 5));
  t.is(log.frames.length, 0);
  log.sent(client, REQUEST.subarray(5));
  nowUs = 20;
  log.read(server, REQUEST.subarray(0, 9));
  t.is(log.frames[0]?.readUs, -1);
  nowUs = 30;
  log.read(server, REQUEST.subarray(9));
  log.sent(server, RESPONSE);
  t.like(log.frames[0], { from: 'writer', to: 'b1', isRequest: true, api: 'Heartbeat', sentUs: 10, readUs: 30, pair: 1 });
  t.like(log.frames[1], { from: 'b1', to: 'writer', isRequest: false, api: 'Heartbeat', sentUs: 30, readUs: -1, pair: 0 });
});

test('frames are decoded field by field, a response by its request', (t) => {
  const log = new FrameLog(() => 0);
  const { client, server } = connection();
  log.sent(client, REQUEST);
  log.sent(server, RESPONSE);
  t.like(log.decoded(0).body, { clientId: 'me', groupId: 'g', generationId: 3 });
  t.like(log.decoded(1).body, { errorCode: 27 });
  t.is(log.decoded(1).title, 'Heartbeat response, version 4, correlation id 7');
});

test('of a connection that speaks something else nothing is kept, and nothing is thrown', (t) => {
  const log = new FrameLog(() => 0);
  const { client, server } = connection();
  log.sent(client, Uint8Array.of(255, 255, 255, 255, 1, 2, 3));
  log.sent(client, REQUEST);
  log.read(server, REQUEST);
  t.deepEqual(log.frames, []);
});

test('a frame that can not be decoded says so', (t) => {
  const log = new FrameLog(() => 0);
  const { client, server } = connection();
  log.sent(client, Uint8Array.of(0, 0, 0, 9, 0, 12, 0, 4, 0, 0, 0, 1, 9));
  log.sent(server, RESPONSE);
  t.regex(String(log.decoded(0).body), /can't be decoded/);
  t.is(log.decoded(1).body, 'the request that it answers is not known');
  t.is(log.decoded(99).title, 'there is no such frame');
});
