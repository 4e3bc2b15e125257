/** AlterUserScramCredentials (KIP-554): the credentials of users are records of the metadata log. */
import type { Crypto } from '../../ports/crypto.ts';
import { scramCredential } from '../metadata/image.ts';
import { metadataVersionOf } from '../metadata/features.ts';
import { supportsScram } from '../metadata/metadata-version.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsRequestScramCredentialUpsertion,
} from '../protocol/messages/alter-user-scram-credentials-request.ts';
import type { AlterUserScramCredentialsResponse } from '../protocol/messages/alter-user-scram-credentials-response.ts';
import { credentialOf } from '../security/scram/keys.ts';
import { MAX_SCRAM_ITERATIONS, scramMechanism, type ScramMechanismFacts } from '../security/scram/mechanism.ts';
import { ApiError, attempt } from './api-error.ts';
import type { Changes } from './changes.ts';

/** Each user may be altered once in a request. Throws ApiError in a world without cryptography. */
export function alterUserScramCredentials(
  changes: Changes,
  crypto: Crypto | undefined,
  request: AlterUserScramCredentialsRequest,
): AlterUserScramCredentialsResponse {
  if (crypto === undefined) {
    throw new ApiError(ErrorCode.UNSUPPORTED_SASL_MECHANISM, 'There is no cryptography in this world, and so no SCRAM.');
  }
  const alterations = new Map<string, Alteration[]>();
  for (const { name, mechanism } of request.deletions) append(alterations, name, deletion(changes, name, mechanism));
  for (const asked of request.upsertions) append(alterations, asked.name, upsertion(changes, crypto, asked));
  const results = Array.from(alterations, ([user, ofUser]) => {
    const result = attempt(() => {
      if (!supportsScram(metadataVersionOf(changes.image.features))) {
        throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, 'The current metadata.version does not support SCRAM.');
      }
      const [first] = ofUser;
      // As in Kafka, what is wrong with the first one counts before there being a second.
      first?.check();
      if (ofUser.length > 1) {
        throw new ApiError(ErrorCode.DUPLICATE_RESOURCE, 'A user credential cannot be altered twice in the same request');
      }
      first?.apply();
    });
    return { user, ...result };
  });
  return { throttleTimeMs: 0, results };
}

interface Alteration {
  /** Throws ApiError. */
  check(): void;
  apply(): void;
}

function append(alterations: Map<string, Alteration[]>, name: string, alteration: Alteration): void {
  const ofUser = alterations.get(name);
  if (ofUser === undefined) alterations.set(name, [alteration]);
  else ofUser.push(alteration);
}

function deletion(changes: Changes, name: string, mechanism: number): Alteration {
  return {
    check() {
      const { type } = checkedMechanism(name, mechanism);
      if (scramCredential(changes.image, type, name) !== undefined) return;
      throw new ApiError(ErrorCode.RESOURCE_NOT_FOUND, 'Attempt to delete a user credential that does not exist');
    },
    apply: () => changes.add('RemoveUserScramCredentialRecord', { name, mechanism }),
  };
}

function upsertion(
  changes: Changes,
  crypto: Crypto,
  asked: AlterUserScramCredentialsRequestScramCredentialUpsertion,
): Alteration {
  const { name, mechanism, iterations, salt, saltedPassword } = asked;
  return {
    check() {
      const { minIterations } = checkedMechanism(name, mechanism);
      if (iterations < minIterations) throw new ApiError(ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Too few iterations');
      if (iterations > MAX_SCRAM_ITERATIONS) throw new ApiError(ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Too many iterations');
    },
    apply() {
      const facts = checkedMechanism(name, mechanism);
      const { storedKey, serverKey } = credentialOf(crypto, facts, salt, saltedPassword, iterations);
      // The request's bytes are views of its frame, which would otherwise live as long as the credential.
      changes.add('UserScramCredentialRecord', { name, mechanism, iterations, salt: salt.slice(), storedKey, serverKey });
    },
  };
}

function checkedMechanism(name: string, mechanism: number): ScramMechanismFacts {
  if (name === '') throw new ApiError(ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Username must not be empty');
  const facts = scramMechanism(mechanism);
  if (facts === null) throw new ApiError(ErrorCode.UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism');
  return facts;
}
