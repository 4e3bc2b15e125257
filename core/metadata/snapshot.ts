/** A whole image as records, and back. */
import { brokerToRecord, controllerToRecord } from './cluster-registration.ts';
import { MetadataDelta } from './delta.ts';
import { EMPTY_IMAGE, type MetadataImage, type Provenance, ResourceType } from './image.ts';
import { partitionToRecord } from './partition-registration.ts';
import { type MetadataRecord, metadataRecord } from './records.ts';

/** The records whose replay onto the empty image gives `image`: what a snapshot holds. Feature levels come first. */
export function imageToRecords(image: MetadataImage): MetadataRecord[] {
  const records: MetadataRecord[] = [];
  for (const [name, featureLevel] of image.features) records.push(metadataRecord('FeatureLevelRecord', { name, featureLevel }));
  for (const controller of image.controllers.values()) {
    records.push(metadataRecord('RegisterControllerRecord', controllerToRecord(controller)));
  }
  for (const broker of image.brokers.values()) records.push(metadataRecord('RegisterBrokerRecord', brokerToRecord(broker)));
  for (const topic of image.topicsById.values()) {
    records.push(metadataRecord('TopicRecord', { name: topic.name, topicId: topic.id }));
    for (const [partitionId, partition] of topic.partitions) {
      records.push(metadataRecord('PartitionRecord', partitionToRecord(topic.id, partitionId, partition)));
    }
  }
  for (const [resource, configs] of image.configs) {
    const { resourceType, resourceName } = parseResourceKey(resource);
    for (const [name, value] of Object.entries(configs)) {
      records.push(metadataRecord('ConfigRecord', { resourceType, resourceName, name, value }));
    }
  }
  for (const [id, acl] of image.acls) records.push(metadataRecord('AccessControlEntryRecord', { id, ...acl }));
  for (const credential of image.scramCredentials.values()) records.push(metadataRecord('UserScramCredentialRecord', credential));
  if (image.nextProducerId > 0) {
    const { nextProducerId } = image;
    records.push(metadataRecord('ProducerIdsRecord', { brokerId: -1, brokerEpoch: -1, nextProducerId }));
  }
  return records;
}

export function imageFromRecords(records: readonly MetadataRecord[], provenance: Provenance): MetadataImage {
  const delta = new MetadataDelta(EMPTY_IMAGE, 'snapshot');
  for (const record of records) delta.replay(record);
  delta.finishSnapshot();
  return delta.apply(provenance);
}

/** The opposite of `resourceKey`. */
function parseResourceKey(key: string): { resourceType: number; resourceName: string } {
  const colon = key.indexOf(':');
  const type = key.slice(0, colon);
  const resourceName = key.slice(colon + 1);
  if (type === 'topic') return { resourceType: ResourceType.TOPIC, resourceName };
  if (type === 'broker') return { resourceType: ResourceType.BROKER, resourceName };
  return { resourceType: Number(type.slice('type-'.length)), resourceName };
}
