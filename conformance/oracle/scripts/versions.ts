/** ApiVersions, and what happens to APIs and versions that are not offered. */
import { encodeRequest } from '../../../core/protocol/codec.ts';
import { type Conversation, type SharedScript, versions } from '../conversation.ts';

const SOFTWARE = { clientSoftwareName: 'oracle', clientSoftwareVersion: '1.0' };

/** A request header of any API and version, and a body of zeros. */
function header(apiKey: number, version: number, flexible: boolean, bodyBytes = 8): Uint8Array {
  const clientId = Buffer.from('oracle');
  const parts = Buffer.alloc(8 + 2 + clientId.length + (flexible ? 1 : 0) + bodyBytes);
  parts.writeInt16BE(apiKey, 0);
  parts.writeInt16BE(version, 2);
  parts.writeInt32BE(7, 4);
  parts.writeInt16BE(clientId.length, 8);
  clientId.copy(parts, 10);
  const frame = Buffer.alloc(4 + parts.length);
  frame.writeInt32BE(parts.length, 0);
  parts.copy(frame, 4);
  return frame;
}

async function rawRequest(talk: Conversation, step: string, bytes: Uint8Array): Promise<void> {
  const wire = await talk.connect();
  const answer = await wire.raw(bytes, 2_000);
  talk.record(step, typeof answer === 'string' ? answer : Buffer.from(answer).toString('hex'));
  wire.close();
}

/** Whom the client takes the broker for: told from version 5 on, both or neither (KIP-1242). */
async function identified(talk: Conversation): Promise<void> {
  const { clusterId } = await talk.quietly('Metadata', 9, { topics: [] });
  const ask = async (step: string, who: { clusterId?: string | null; nodeId?: number }): Promise<void> => {
    await talk.ask(step, 'ApiVersions', 5, { ...SOFTWARE, ...who });
    await talk.ask(`${step}, and what comes after it`, 'Heartbeat', 4, { groupId: '', generationId: 0, memberId: 'm' });
  };
  await ask('who it is', { clusterId, nodeId: 1 });
  await ask('its cluster alone', { clusterId });
  await ask('its id alone', { nodeId: 1 });
  await ask('another cluster', { clusterId: 'another', nodeId: 1 });
  await ask('another node', { clusterId, nodeId: 2 });
  await ask('another cluster and node', { clusterId: 'another', nodeId: 2 });
  await ask('an empty cluster', { clusterId: '', nodeId: 1 });
  await ask('a negative node', { clusterId, nodeId: -2 });
}

async function run(talk: Conversation): Promise<void> {
  for (const version of versions('ApiVersions', 0)) await talk.ask('', 'ApiVersions', version, version < 3 ? {} : SOFTWARE);
  await talk.ask('with a bad name', 'ApiVersions', 3, { clientSoftwareName: ' bad', clientSoftwareVersion: '' });
  await identified(talk);
  await rawRequest(talk, 'ApiVersions v99', header(18, 99, true));
  await rawRequest(talk, 'ApiVersions v-1', header(18, -1, false));
  await rawRequest(talk, 'Metadata v99', header(3, 99, true));
  await rawRequest(talk, 'Produce v2', header(0, 2, false));
  await rawRequest(talk, 'Fetch v3', header(1, 3, false));
  await rawRequest(talk, 'API 999', header(999, 0, false));
  await rawRequest(talk, 'API -1', header(-1, 0, false));
  await rawRequest(talk, 'LeaderAndIsr', header(4, 0, false));
  await rawRequest(talk, 'Vote, for controllers alone', header(52, 0, true));
  await rawRequest(talk, 'Metadata of too few bytes', header(3, 1, false, 1));
  await rawRequest(
    talk,
    'SaslHandshake on a listener without SASL',
    encodeRequest('SaslHandshake', 1, 7, 'oracle', { mechanism: 'PLAIN' }),
  );
  await rawRequest(
    talk,
    'SaslAuthenticate on a listener without SASL',
    encodeRequest('SaslAuthenticate', 1, 7, 'oracle', { authBytes: new Uint8Array(3) }),
  );
}

export const VERSIONS: SharedScript = { name: 'versions', brokers: 1, run };
