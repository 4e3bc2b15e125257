/** Users of a served cluster: their passwords become SCRAM credentials in its metadata. */
import type { MetadataImage } from '../core/metadata/image.ts';
import { ErrorCode, errorName } from '../core/protocol/errors.ts';
import type { AlterUserScramCredentialsRequestScramCredentialUpsertion } from '../core/protocol/messages/index.ts';
import { RpcClient } from '../core/rpc/rpc-client.ts';
import { saltedPassword } from '../core/security/scram/keys.ts';
import { SCRAM } from '../core/security/scram/mechanism.ts';
import type { ClusterNode } from './cluster-node.ts';
import { clientProcess } from './client-environment.ts';
import { systemCrypto } from './crypto.ts';

const ITERATIONS = 4096;
const SALT_BYTES = 16;
const RETRY_MS = 10;

type Upsertion = AlterUserScramCredentialsRequestScramCredentialUpsertion;

/** Name to password. */
export type Users = Readonly<Record<string, string>>;

/**
 * Stores the users' credentials for the given mechanisms by way of the broker at this loopback port, and waits until every
 * broker that is up knows them. Rejects with one sentence.
 */
export async function storeUsers(
  users: Users,
  mechanisms: readonly (keyof typeof SCRAM)[],
  port: number,
  nodes: readonly ClusterNode[],
  timeoutMs: number,
): Promise<void> {
  const upsertions = Object.entries(users).map(([name, password]) =>
    mechanisms.map((mechanism) => upsertion(name, password, mechanism)),
  );
  const deadlineMs = Date.now() + timeoutMs;
  // One mechanism of a user at a time: Kafka takes no user twice in one request.
  for (const index of mechanisms.keys())
    await alter(
      upsertions.flatMap((ofUser) => ofUser[index] ?? []),
      port,
      timeoutMs,
    );
  const brokers = nodes.filter(({ isBroker, isUp }) => isBroker && isUp);
  while (!brokers.every((node) => knows(node, upsertions.flat()))) {
    if (Date.now() > deadlineMs) throw new Error(`The brokers have not learned of the users after ${timeoutMs} ms.`);
    await new Promise((resolve) => {
      setTimeout(resolve, RETRY_MS);
    });
  }
}

function upsertion(name: string, password: string, mechanism: keyof typeof SCRAM): Upsertion {
  const facts = SCRAM[mechanism];
  const salt = systemCrypto.randomBytes(SALT_BYTES);
  const salted = saltedPassword(systemCrypto, facts, password, salt, ITERATIONS);
  return { name, mechanism: facts.type, iterations: ITERATIONS, salt, saltedPassword: salted };
}

function alter(upsertions: readonly Upsertion[], port: number, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = clientProcess({ name: 'users', onFailed: ({ reason }) => reject(new Error(reason)) });
    const rpc = new RpcClient(client.environment, { clientId: 'users', versions: 'negotiate', requestTimeoutMs: timeoutMs });
    const to = { id: 'broker', host: '127.0.0.1', port };
    rpc.send(to, 'AlterUserScramCredentials', { deletions: [], upsertions: [...upsertions] }, {}, (result) => {
      if (!result.ok) reject(new Error(`The users could not be stored: ${result.reason}.`));
      else {
        const refused = result.response.results.find(({ errorCode }) => errorCode !== ErrorCode.NONE);
        if (refused === undefined) resolve();
        else
          reject(
            new Error(`The user ${refused.user} could not be stored: ${refused.errorMessage ?? errorName(refused.errorCode)}.`),
          );
      }
      client.end();
    });
  });
}

/** Has the broker published metadata with these credentials? A broker that has ended needs none. */
function knows(node: ClusterNode, upsertions: readonly Upsertion[]): boolean {
  const inspection = node.running?.inspect();
  if (inspection === undefined) return true;
  const { metadata, broker } = inspection;
  const isPublished = broker !== null && broker.publishedOffset >= metadata.provenance.offset;
  return isPublished && upsertions.every((wanted) => holds(metadata, wanted));
}

function holds(image: MetadataImage, { mechanism, name, salt }: Upsertion): boolean {
  const known = image.scramCredentials.get(`${mechanism}:${name}`);
  return known !== undefined && Buffer.compare(known.salt, salt) === 0;
}
