/** ListConfigResources: what can have configs (KIP-1142); before version 1 only the subscriptions to clients' metrics (KIP-714). */
import { type MetadataImage, ResourceType, resourcesWithConfigs } from '../../metadata/image.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { aliveNodes, fencedNodes } from '../metadata-view.ts';

const BEFORE_1: readonly number[] = [ResourceType.CLIENT_METRICS];
/** In the order of the answer. */
const ALL: readonly number[] = [
  ResourceType.GROUP,
  ResourceType.CLIENT_METRICS,
  ResourceType.BROKER_LOGGER,
  ResourceType.BROKER,
  ResourceType.TOPIC,
];

export const listConfigResourcesApi = defineApi({
  name: 'ListConfigResources',
  versions: [0, 1],
  failed: ({ errorCode }) => ({ errorCode }),
  controller: null,
  broker: {
    authorization: { request: onCluster(AclOperation.DESCRIBE_CONFIGS) },
    handle(broker, request) {
      const supported = request.version === 0 ? BEFORE_1 : ALL;
      const asked = request.body.resourceTypes.length === 0 ? supported : request.body.resourceTypes;
      if (asked.some((type) => !supported.includes(type))) {
        request.respond({ errorCode: ErrorCode.UNSUPPORTED_VERSION });
        return;
      }
      const types = supported.filter((type) => asked.includes(type));
      const configResources = types.flatMap((resourceType) =>
        namesOf(broker.image(), resourceType, request.listener).map((resourceName) => ({ resourceName, resourceType })),
      );
      request.respond({ errorCode: ErrorCode.NONE, configResources });
    },
  },
});

/** Every broker and every topic, configured or not; of groups and subscriptions, which need nothing but a name, those that are configured. */
function namesOf(image: MetadataImage, resourceType: number, listener: string): readonly string[] {
  switch (resourceType) {
    case ResourceType.TOPIC:
      return [...image.topicIds.keys()];
    case ResourceType.BROKER:
    case ResourceType.BROKER_LOGGER:
      return [...aliveNodes(image, listener), ...fencedNodes(image, listener)]
        .map(({ nodeId }) => nodeId)
        .sort((a, b) => a - b)
        .map(String);
    default:
      return resourcesWithConfigs(image, resourceType);
  }
}
