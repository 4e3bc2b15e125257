/** DescribeConfigs of topics, of this broker, of the cluster-wide broker defaults (empty broker name), of groups and metrics subscriptions. */
import {
  type ConfigDescription,
  ConfigSource,
  describeBrokerConfig,
  describeClientMetricsConfig,
  describeGroupConfig,
  describeTopicConfig,
  effectiveTopicConfig,
} from '../../config/index.ts';
import { resourceKey, ResourceType, topicByName, topicConfig } from '../../metadata/image.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type {
  DescribeConfigsRequestDescribeConfigsResource,
  DescribeConfigsResponseDescribeConfigsResult,
} from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import { AclOperation, AclResourceType } from '../../security/acl.ts';
import { type Allowed, onCluster, onGroup, onTopic, refusal } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import type { BrokerContext } from '../broker-context.ts';
import { isValidTopicName } from '../topic-names.ts';

type ResourceAnswer = Draft<DescribeConfigsResponseDescribeConfigsResult>;

type DescribeRights = Allowed<typeof PERMISSIONS>;

const PERMISSIONS = {
  describeTopic: onTopic(AclOperation.DESCRIBE_CONFIGS),
  describeGroup: onGroup(AclOperation.DESCRIBE_CONFIGS),
  describeCluster: onCluster(AclOperation.DESCRIBE_CONFIGS),
};

export const describeConfigsApi = defineApi({
  name: 'DescribeConfigs',
  versions: [1, 4],
  failed: ({ body, errorCode, errorMessage }) => ({
    results: body.resources.map(({ resourceType, resourceName }) => ({ errorCode, errorMessage, resourceType, resourceName })),
  }),
  controller: null,
  broker: {
    authorization: { items: PERMISSIONS },
    handle(broker, request, may) {
      const { resources, includeSynonyms, includeDocumentation } = request.body;
      request.respond({
        results: resources.map((resource) => {
          const found = describe(broker, may, resource);
          const { resourceType, resourceName } = resource;
          if ('errorCode' in found) return { ...found, resourceType, resourceName };
          return {
            errorCode: ErrorCode.NONE,
            resourceType,
            resourceName,
            configs: found.configs.map((config) => ({
              name: config.name,
              value: config.value,
              readOnly: config.readOnly,
              isDefault: config.source === ConfigSource.DEFAULT,
              configSource: config.source,
              isSensitive: config.sensitive,
              synonyms: includeSynonyms ? config.synonyms : [],
              configType: config.type,
              documentation: includeDocumentation ? config.doc : null,
            })),
          };
        }),
      });
    },
  },
});

function describe(
  broker: BrokerContext,
  may: DescribeRights,
  resource: DescribeConfigsRequestDescribeConfigsResource,
): { readonly configs: readonly ConfigDescription[] } | (ResourceAnswer & { readonly errorCode: number }) {
  const { resourceType, resourceName: name, configurationKeys } = resource;
  // An empty list of keys means all of them, as does null.
  const names = configurationKeys === null || configurationKeys.length === 0 ? null : configurationKeys;
  const image = broker.image();
  switch (resourceType) {
    case ResourceType.TOPIC: {
      if (!may.describeTopic(name)) return refusal(AclResourceType.TOPIC);
      if (!isValidTopicName(name))
        return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, errorMessage: `${name} is not a topic name` };
      if (topicByName(image, name) === undefined) {
        return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: `there is no topic ${name}` };
      }
      const overrides = topicConfig(image, name);
      const effective = effectiveTopicConfig(broker.config, overrides);
      return { configs: describeTopicConfig(names, overrides, broker.configLayers(), effective) };
    }
    case ResourceType.BROKER: {
      if (!may.describeCluster()) return refusal(AclResourceType.CLUSTER);
      if (name === '') {
        const dynamic = Object.keys(broker.configLayers().clusterOverrides);
        const wanted = dynamic.filter((key) => names === null || names.includes(key));
        const configs = describeBrokerConfig(wanted, { ...broker.configLayers(), brokerOverrides: {} }, broker.config);
        const isClusterWide = ({ source }: { readonly source: number }): boolean => source === ConfigSource.DYNAMIC_CLUSTER;
        return { configs: configs.map((config) => ({ ...config, synonyms: config.synonyms.filter(isClusterWide) })) };
      }
      if (name !== String(broker.brokerId)) {
        return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: `this is broker ${broker.brokerId}, not ${name}` };
      }
      return { configs: describeBrokerConfig(names, broker.configLayers(), broker.config) };
    }
    case ResourceType.GROUP: {
      if (!may.describeGroup(name)) return refusal(AclResourceType.GROUP);
      if (name === '') return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'a group must have a name' };
      const overrides = image.configs.get(resourceKey(resourceType, name)) ?? {};
      return { configs: describeGroupConfig(names, overrides, broker.configLayers(), broker.config) };
    }
    case ResourceType.CLIENT_METRICS: {
      if (!may.describeCluster()) return refusal(AclResourceType.CLUSTER);
      if (name === '') return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'a metrics subscription must have a name' };
      const overrides = image.configs.get(resourceKey(resourceType, name)) ?? {};
      return { configs: describeClientMetricsConfig(names, overrides) };
    }
    default:
      return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: `resources of type ${resourceType} have no configs` };
  }
}
