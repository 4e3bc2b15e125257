/**
 * A broker's configuration while it runs. There is one BrokerConfig object, which all parts hold; properties that may change
 * are replaced in it when the metadata log says so.
 */
import {
  type BrokerConfig,
  type BrokerConfigLayers,
  ConfigError,
  DYNAMIC_BROKER_CONFIGS,
  effectiveBrokerConfig,
  type Properties,
} from '../config/index.ts';
import type { MetadataImage } from '../metadata/image.ts';
import type { BrokerId } from '../protocol/numbers.ts';

export class DynamicBrokerConfig {
  readonly #started: Properties;
  readonly #nodeId: BrokerId;
  readonly #config: Record<string, unknown>;
  #layers: BrokerConfigLayers;

  constructor(started: Properties, config: BrokerConfig) {
    this.#started = started;
    this.#nodeId = config['node.id'];
    this.#config = config as unknown as Record<string, unknown>;
    this.#layers = { started, clusterOverrides: {}, brokerOverrides: {} };
  }

  get layers(): BrokerConfigLayers {
    return this.#layers;
  }

  /** Takes over the overrides of an image. Values that do not fit together are left as they were (the controller checks each by itself). */
  apply(image: MetadataImage): void {
    const clusterOverrides = image.configs.get('broker:') ?? {};
    const brokerOverrides = image.configs.get(`broker:${this.#nodeId}`) ?? {};
    try {
      const next = effectiveBrokerConfig(this.#started, clusterOverrides, brokerOverrides) as unknown as Record<string, unknown>;
      for (const name of DYNAMIC_BROKER_CONFIGS) this.#config[name] = next[name];
      this.#layers = { started: this.#started, clusterOverrides, brokerOverrides };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
    }
  }
}
