/** A process of the simulated world, as Kafka's code wants it. */
import type { Environment } from '../core/environment.ts';
import { pureCompression } from '../core/protocol/compression.ts';
import type { ProcessPorts } from '../ports/process.ts';

/** The same object, with codecs that are the same on every engine. */
export function kafkaEnvironment(ports: ProcessPorts): Environment {
  return Object.assign(ports, { compression: pureCompression });
}
