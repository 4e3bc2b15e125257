/** What the controller refuses of configs, as Apache Kafka 4.4.0 does. */
import test from 'ava';
import { ELR_FEATURE } from '../metadata/eligible-leader-replicas.ts';
import { ResourceType } from '../metadata/image.ts';
import { metadataRecord } from '../metadata/records.ts';
import { imageFromRecords } from '../metadata/snapshot.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { Changes } from './changes.ts';
import { alterConfigs, incrementalAlterConfigs } from './configs.ts';
import { TestQuorum } from './testing/quorum.ts';
import { testUuid } from './testing/requests.ts';

const { config } = new TestQuorum();
const MAY_ALL = { alterTopic: () => true, alterGroup: () => true, alterCluster: () => true };

/** Broker 1, whose cluster has a minimum of 2 in sync by its metadata log, with eligible leader replicas or without. */
function changesOf(elr: number, level = 33): Changes {
  const registration = {
    brokerId: 1,
    isMigratingZkBroker: false,
    incarnationId: testUuid(1, 1),
    brokerEpoch: 1,
    endPoints: [],
    features: [],
    rack: null,
    fenced: false,
    inControlledShutdown: false,
    logDirs: [testUuid(2, 1)],
    cordonedLogDirs: null,
  };
  const minimum = { resourceType: ResourceType.BROKER, resourceName: '', name: 'min.insync.replicas', value: '2' };
  const records = [
    metadataRecord('FeatureLevelRecord', { name: 'metadata.version', featureLevel: level }),
    metadataRecord('FeatureLevelRecord', { name: ELR_FEATURE, featureLevel: elr }),
    metadataRecord('RegisterBrokerRecord', registration),
    metadataRecord('ConfigRecord', minimum),
  ];
  return new Changes(
    imageFromRecords(records, { offset: Offset(99), epoch: LeaderEpoch(1), lastContainedTimestamp: 0 }),
    Offset(100),
  );
}

function set(resourceType: number, resourceName: string, name: string, value: string | null, elr = 1): number | undefined {
  const change = { name, configOperation: value === null ? 1 : 0, value };
  const request = { resources: [{ resourceType, resourceName, configs: [change] }], validateOnly: false };
  return incrementalAlterConfigs(changesOf(elr), config, request, MAY_ALL).responses[0]?.errorCode;
}

test('with eligible leader replicas the cluster has a min.insync.replicas, always, and no broker has one (KIP-966)', (t) => {
  const minimum = 'min.insync.replicas';
  t.is(set(ResourceType.BROKER, '', minimum, '1'), ErrorCode.NONE);
  t.is(set(ResourceType.BROKER, '', minimum, '0'), ErrorCode.INVALID_REQUEST, 'out of range');
  t.is(set(ResourceType.BROKER, '', minimum, null), ErrorCode.INVALID_CONFIG);
  t.is(set(ResourceType.BROKER, '1', minimum, '1'), ErrorCode.INVALID_CONFIG);
  t.is(set(ResourceType.BROKER, '1', minimum, null), ErrorCode.INVALID_CONFIG, 'not even taken away');
  t.is(set(ResourceType.BROKER, '1', minimum, '0'), ErrorCode.INVALID_CONFIG, 'whatever the value');
  t.is(set(ResourceType.BROKER, '1', 'message.max.bytes', '2000'), ErrorCode.NONE);
  // The older call would take it away.
  const resources = [
    { resourceType: ResourceType.BROKER, resourceName: '', configs: [{ name: 'message.max.bytes', value: '9' }] },
  ];
  const older = (elr: number) => alterConfigs(changesOf(elr), config, { resources, validateOnly: false }, MAY_ALL);
  t.is(older(1).responses[0]?.errorCode, ErrorCode.INVALID_CONFIG);
  t.is(older(0).responses[0]?.errorCode, ErrorCode.NONE);
  t.is(set(ResourceType.BROKER, '', minimum, null, 0), ErrorCode.NONE);
  t.is(set(ResourceType.BROKER, '1', minimum, '1', 0), ErrorCode.NONE);
});

test('which directories a broker has is known there: a controller that is asked itself only gives them back (KIP-1066)', (t) => {
  const set = (before: string | null, value: string | null, isForwarded: boolean, level = 33): number | undefined => {
    const changes = changesOf(1, level);
    const record = { resourceType: ResourceType.BROKER, resourceName: '1', name: 'cordoned.log.dirs', value: before };
    if (before !== null) changes.add('ConfigRecord', record);
    const change = { name: 'cordoned.log.dirs', configOperation: value === null ? 1 : 0, value };
    const request = {
      resources: [{ resourceType: ResourceType.BROKER, resourceName: '1', configs: [change] }],
      validateOnly: false,
    };
    return incrementalAlterConfigs(changes, config, request, MAY_ALL, isForwarded).responses[0]?.errorCode;
  };
  t.is(set(null, 'a', true), ErrorCode.NONE);
  t.is(set(null, 'a', false), ErrorCode.INVALID_CONFIG);
  t.is(set('a, b', 'b', false), ErrorCode.NONE);
  t.is(set('a,b', '', false), ErrorCode.NONE);
  t.is(set('a,b', null, false), ErrorCode.NONE);
  t.is(set('a,b', 'b,c', false), ErrorCode.INVALID_CONFIG);
  t.is(set(null, 'a', true, 29), ErrorCode.INVALID_CONFIG, 'before 4.3-IV0');
});

test('a value is no longer than its record can hold', (t) => {
  t.is(set(ResourceType.GROUP, 'g', 'errors.deadletterqueue.topic.name', 'x'.repeat(32_767)), ErrorCode.NONE);
  t.is(set(ResourceType.GROUP, 'g', 'errors.deadletterqueue.topic.name', 'x'.repeat(32_768)), ErrorCode.INVALID_CONFIG);
  t.is(set(ResourceType.BROKER, '1', 'message.max.bytes', 'x'.repeat(32_768)), ErrorCode.INVALID_CONFIG);
  t.is(set(ResourceType.BROKER, '1', 'message.max.bytes', 'x'), ErrorCode.INVALID_REQUEST);
});

test('a group and a subscription to metrics are altered by name, within their ranges', (t) => {
  t.is(set(ResourceType.GROUP, '', 'consumer.session.timeout.ms', '50000'), ErrorCode.INVALID_REQUEST);
  t.is(set(ResourceType.GROUP, 'g', 'consumer.session.timeout.ms', '50000'), ErrorCode.NONE);
  t.is(set(ResourceType.GROUP, 'g', 'consumer.session.timeout.ms', '10'), ErrorCode.INVALID_CONFIG);
  t.is(set(ResourceType.GROUP, 'g', 'no.such', '10'), ErrorCode.INVALID_CONFIG);
  t.is(set(ResourceType.CLIENT_METRICS, '', 'interval.ms', '1000'), ErrorCode.INVALID_REQUEST);
  t.is(set(ResourceType.CLIENT_METRICS, 'm', 'interval.ms', '99'), ErrorCode.INVALID_REQUEST);
  t.is(set(ResourceType.CLIENT_METRICS, 'm', 'metrics', 'a,,b'), ErrorCode.INVALID_CONFIG);
});
