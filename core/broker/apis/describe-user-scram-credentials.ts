/** DescribeUserScramCredentials (KIP-554), from this broker's metadata. Salts and keys are told to nobody. */
import type { MetadataImage } from '../../metadata/image.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { DescribeUserScramCredentialsResponseDescribeUserScramCredentialsResult } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

type Result = Draft<DescribeUserScramCredentialsResponseDescribeUserScramCredentialsResult>;

export const describeUserScramCredentialsApi = defineApi({
  name: 'DescribeUserScramCredentials',
  versions: [0, 0],
  failed: ({ errorCode, errorMessage }) => ({ errorCode, errorMessage }),
  controller: null,
  broker: {
    needsCrypto: true,
    authorization: { request: onCluster(AclOperation.DESCRIBE) },
    handle(broker, request) {
      const image = broker.image();
      const asked = request.body.users?.map(({ name }) => name) ?? [];
      // None asked for means all of them.
      const users = asked.length > 0 ? asked : [...image.scramCredentials.values()].map(({ name }) => name);
      const results = [...new Set(users)].map((user) => describe(image, user, asked));
      request.respond({ errorCode: ErrorCode.NONE, errorMessage: null, results });
    },
  },
});

function describe(image: MetadataImage, user: string, asked: readonly string[]): Result {
  if (asked.indexOf(user) !== asked.lastIndexOf(user)) {
    return {
      user,
      errorCode: ErrorCode.DUPLICATE_RESOURCE,
      errorMessage: `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`,
    };
  }
  const credentialInfos = [...image.scramCredentials.values()]
    .filter(({ name }) => name === user)
    .map(({ mechanism, iterations }) => ({ mechanism, iterations }));
  if (credentialInfos.length > 0) return { user, errorCode: ErrorCode.NONE, credentialInfos };
  return {
    user,
    errorCode: ErrorCode.RESOURCE_NOT_FOUND,
    errorMessage: `Attempt to describe a user credential that does not exist: ${user}`,
  };
}
