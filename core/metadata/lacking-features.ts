/** What a metadata log that Kafka wrote holds and core does not have: passed over whole, and named in one event. */
import type { Environment } from '../environment.ts';
import { isLevelSupported } from './features.ts';
import { LATEST_METADATA_VERSION, METADATA_VERSION, MIN_METADATA_VERSION } from './metadata-version.ts';
import type { MetadataRecord } from './records.ts';

/** Types of records that core does not write, by what they are of. Null: Kafka itself makes nothing of them any more. */
const LACKING_TYPES: Readonly<Record<string, string | null>> = {
  ClientQuotaRecord: 'client quotas',
  DelegationTokenRecord: 'delegation tokens',
  RemoveDelegationTokenRecord: 'delegation tokens',
  ZkMigrationStateRecord: null,
};

export class LackingFeatures {
  readonly #env: Environment;
  readonly #untold = new Set<string>();
  readonly #told = new Set<string>();

  constructor(env: Environment) {
    this.#env = env;
  }

  /** Is this a record of what core does not have? A metadata.version that it does not have ends the node, as it ends Kafka. */
  includes(record: MetadataRecord): boolean {
    if (record.type in LACKING_TYPES) {
      const what = LACKING_TYPES[record.type];
      if (what != null) this.#note(what);
      return true;
    }
    if (record.type !== 'FeatureLevelRecord') return false;
    const { name, featureLevel } = record.data;
    if (isLevelSupported(name, featureLevel)) return false;
    if (name === METADATA_VERSION) {
      const supported = `${MIN_METADATA_VERSION} to ${LATEST_METADATA_VERSION}`;
      this.#env.halt(`the metadata log is of metadata.version ${featureLevel}, but this release supports ${supported}`);
    }
    this.#note(`${name} ${featureLevel}`);
    return true;
  }

  /** Emits what was met since the last time. */
  tell(): void {
    if (this.#untold.size === 0) return;
    this.#env.tracer.emit({ type: 'features-lacking', names: [...this.#untold] });
    for (const name of this.#untold) this.#told.add(name);
    this.#untold.clear();
  }

  #note(name: string): void {
    if (!this.#told.has(name)) this.#untold.add(name);
  }
}
