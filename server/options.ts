/** The strict schema of what `serve` takes. */
import { z } from 'zod';
import { callback, listOf, misfit, recordOf, scalar, strictObject, text, whole, word, yesOrNo } from '../core/config/strict.ts';
import { SECURITY_PROTOCOLS } from '../core/security/protocols.ts';
import type { ServeOptions } from './serve.ts';
import { UnusableError } from './unusable.ts';

const port = whole(0, 65_535);
const ports = z.union([port, listOf(port)], 'a whole number from 0 to 65535, or a list with one for each broker');
const name = z.custom<string>(
  (value) => typeof value === 'string' && /^[a-zA-Z0-9._-]{1,249}$/.test(value),
  'a name of letters, digits, ".", "_" and "-"',
);

const topicSchema = strictObject({
  name,
  partitions: whole(1, 10_000).optional(),
  replicationFactor: whole(1, 100).optional(),
  configs: recordOf(scalar).optional(),
});

const SHAPE: Readonly<Record<keyof ServeOptions, z.ZodType>> = {
  brokers: whole(1, 100).optional(),
  firstBrokerId: whole(0, 1_000).optional(),
  controllers: whole(1, 100).optional(),
  combined: yesOrNo.optional(),
  port: ports.optional(),
  host: text.optional(),
  advertisedHost: text.optional(),
  advertisedPort: ports.optional(),
  data: text.optional(),
  securityProtocol: word(...SECURITY_PROTOCOLS).optional(),
  users: recordOf(text).optional(),
  topics: listOf(topicSchema).optional(),
  config: recordOf(scalar).optional(),
  brokerConfig: recordOf(recordOf(scalar)).optional(),
  quiet: yesOrNo.optional(),
  onNodeFailed: callback.optional(),
  onRequestError: callback.optional(),
  onTrace: callback.optional(),
  startTimeoutMs: whole(1, 3_600_000).optional(),
};

/** Throws UnusableError with a sentence about the first option that can't be used: its key, its value, what would be right. */
export function checkOptions(options: ServeOptions): void {
  const wrong = misfit(strictObject(SHAPE), options) ?? misfitTogether(options);
  if (wrong !== null) throw new UnusableError(/[.?!]$/.test(wrong) ? wrong : `${wrong}.`);
}

function misfitTogether(options: ServeOptions): string | null {
  const { brokers = 1, firstBrokerId = 1, controllers, combined, topics = [], brokerConfig = {} } = options;
  if (controllers !== undefined && combined === true) {
    return 'controllers and combined exclude each other: combined means that brokers are the controllers';
  }
  for (const option of ['port', 'advertisedPort'] as const) {
    const given = options[option];
    if (Array.isArray(given) && given.length !== brokers) {
      return `${option} has ${given.length} ports, but there must be one for each of the ${brokers} brokers`;
    }
    if (typeof given === 'number' && given > 0 && given + brokers - 1 > 65_535) {
      return `${option} is ${given}, but the ports of all ${brokers} brokers must be at most 65535`;
    }
  }
  const last = firstBrokerId + brokers - 1;
  const stranger = Object.keys(brokerConfig).find((id) => !/^\d+$/.test(id) || Number(id) < firstBrokerId || Number(id) > last);
  if (stranger !== undefined) {
    return `brokerConfig names broker ${stranger}, but the brokers are ${firstBrokerId === last ? last : `${firstBrokerId} to ${last}`}`;
  }
  const names = topics.map((topic) => topic.name);
  const twice = names.find((one, index) => names.indexOf(one) !== index);
  if (twice !== undefined) return `two topics are called "${twice}"`;
  const tall = topics.find(({ replicationFactor = 1 }) => replicationFactor > brokers);
  if (tall === undefined) return null;
  return `the topic "${tall.name}" has the replicationFactor ${tall.replicationFactor}, but there are only ${brokers} brokers`;
}
