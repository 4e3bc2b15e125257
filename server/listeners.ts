/** What the brokers of a served cluster listen on for clients: one port each, or whatever Kafka's own properties name. */
import type { Properties } from '../core/config/index.ts';
import { isSecurityProtocol, SECURITY_PROTOCOLS, type SecurityProtocol } from '../core/security/protocols.ts';
import type { ServeOptions } from './serve.ts';
import type { NodeRole } from './topology.ts';
import { UnusableError } from './unusable.ts';

/** A listener of a broker before it is bound. */
export interface ListenerPlan {
  /** As Kafka's properties name it, in upper case. */
  readonly name: string;
  readonly securityProtocol: SecurityProtocol;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly advertisedHost: string;
  /** 0: the one that it is bound to. */
  readonly advertisedPort: number;
}

/** A listener that is bound. */
export interface ServedListener extends ListenerPlan {
  /** The real one. */
  readonly port: number;
  /** What clients are told. */
  readonly advertisedPort: number;
}

/** Between nodes where clients' listeners are not for that: bound to loopback, told to no client. */
export const INTERNAL = 'INTERNAL';
export const CONTROLLER = 'CONTROLLER';

const LOOPBACK = '127.0.0.1';
const DEFAULT_PORT = 9092;
const WILDCARDS = ['0.0.0.0', '::'];

export function isWildcard(host: string): boolean {
  return WILDCARDS.includes(host);
}

/** The listeners of every broker, in the order in which they are named. Throws UnusableError if they don't fit. */
export function listenerPlans(options: ServeOptions, nodes: readonly NodeRole[]): ReadonlyMap<NodeRole, readonly ListenerPlan[]> {
  const plans = new Map<NodeRole, readonly ListenerPlan[]>();
  for (const [index, role] of nodes.entries()) {
    plans.set(role, role.isBroker ? ofBroker(options, index, { ...options.config, ...options.brokerConfig?.[role.nodeId] }) : []);
  }
  checkPorts(plans);
  return plans;
}

/** Can brokers use the listener of clients among themselves as well? */
export function suitsBrokers({ securityProtocol, host, port, advertisedHost, advertisedPort }: ListenerPlan): boolean {
  return securityProtocol === 'PLAINTEXT' && advertisedHost === host && (advertisedPort === 0 || advertisedPort === port);
}

function ofBroker(options: ServeOptions, index: number, config: Properties): readonly ListenerPlan[] {
  const plans = config['listeners'] === undefined ? [plainListener(options, index, config)] : namedListeners(options, config);
  const advertised = listOf(config, 'advertised.listeners').map((text) => parse('advertised.listeners', text));
  for (const { name, host } of advertised) {
    if (!plans.some((plan) => plan.name === name)) {
      throw new UnusableError(`advertised.listeners names ${name}, but the listeners are ${namesOf(plans)}.`);
    }
    if (isWildcard(host))
      throw new UnusableError(`advertised.listeners has ${host}, which is no address that a client could use.`);
  }
  return plans.map((plan) => {
    const told = advertised.find(({ name }) => name === plan.name);
    if (told === undefined) return plan;
    return { ...plan, advertisedHost: told.host === '' ? plan.advertisedHost : told.host, advertisedPort: told.port };
  });
}

function plainListener(options: ServeOptions, index: number, config: Properties): ListenerPlan {
  if (config['listener.security.protocol.map'] !== undefined) {
    throw new UnusableError('listener.security.protocol.map is given, but no listeners for it: give listeners as well.');
  }
  const securityProtocol = options.securityProtocol ?? 'PLAINTEXT';
  const host = options.host ?? LOOPBACK;
  return {
    name: securityProtocol,
    securityProtocol,
    host,
    port: portOf(options.port ?? DEFAULT_PORT, index),
    advertisedHost: advertisedHostOf(options, host),
    advertisedPort: portOf(options.advertisedPort ?? 0, index),
  };
}

function namedListeners(options: ServeOptions, config: Properties): readonly ListenerPlan[] {
  for (const option of ['port', 'advertisedPort', 'securityProtocol'] as const) {
    // 0 asks for nothing.
    if (options[option] === undefined || options[option] === 0) continue;
    throw new UnusableError(`${option} and the property listeners exclude each other: listeners says it for each listener.`);
  }
  const plans = listOf(config, 'listeners').map((text) => {
    const { name, host, port } = parse('listeners', text);
    if (name === INTERNAL || name === CONTROLLER) {
      throw new UnusableError(`listeners names ${name}, but that is the name of a listener that the server makes by itself.`);
    }
    const address = host === '' ? (options.host ?? LOOPBACK) : host;
    const securityProtocol = protocolOf(config, name);
    return { name, securityProtocol, host: address, port, advertisedHost: advertisedHostOf(options, address), advertisedPort: 0 };
  });
  if (plans.length === 0) throw new UnusableError('listeners is empty, but a broker needs one: NAME://host:port.');
  const twice = plans.find(({ name }, index) => plans.findIndex((plan) => plan.name === name) !== index);
  if (twice !== undefined) throw new UnusableError(`listeners names ${twice.name} twice.`);
  return plans;
}

function protocolOf(config: Properties, name: string): SecurityProtocol {
  const map = listOf(config, 'listener.security.protocol.map').map((entry) => entry.split(':'));
  const mapped = map.find(([listener]) => listener?.toUpperCase() === name)?.[1]?.toUpperCase();
  const protocol = map.length === 0 ? name : mapped;
  if (protocol !== undefined && isSecurityProtocol(protocol)) return protocol;
  throw new UnusableError(
    `The listener ${name} has no security protocol: listener.security.protocol.map must hold ${name}:PROTOCOL with one of ${SECURITY_PROTOCOLS.join(', ')}.`,
  );
}

function checkPorts(plans: ReadonlyMap<NodeRole, readonly ListenerPlan[]>): void {
  const takers = new Map<string, string>();
  for (const [role, listeners] of plans) {
    for (const { name, host, port } of listeners) {
      if (port === 0) continue;
      const taker = `${name} of ${role.name}`;
      // Kafka wants another port for each listener of a broker, whatever their addresses are.
      for (const place of [`${host}:${port}`, `${role.name}:${port}`]) {
        const other = takers.get(place);
        if (other !== undefined && other !== taker) {
          throw new UnusableError(
            `${other} and ${taker} have both the port ${port}: each needs its own, in listeners of the broker's own config, or 0 for any free one.`,
          );
        }
        takers.set(place, taker);
      }
    }
  }
}

function advertisedHostOf({ advertisedHost }: ServeOptions, host: string): string {
  return advertisedHost ?? (isWildcard(host) ? 'localhost' : host);
}

/** The port of the broker with this index, where the first one has `port`; 0: any. */
function portOf(port: number | readonly number[], index: number): number {
  if (typeof port === 'object') return port[index] ?? 0;
  return port === 0 ? 0 : port + index;
}

function listOf(config: Properties, property: string): string[] {
  return String(config[property] ?? '')
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

function parse(property: string, text: string): { readonly name: string; readonly host: string; readonly port: number } {
  const [, name, host, port] = /^([A-Za-z0-9_]+):\/\/([^:/]*):(\d{1,5})$/.exec(text) ?? [];
  if (name === undefined || host === undefined || Number(port) > 65_535) {
    throw new UnusableError(`${property} holds ${text}, but each must be NAME://host:port.`);
  }
  return { name: name.toUpperCase(), host, port: Number(port) };
}

function namesOf(plans: readonly ListenerPlan[]): string {
  return plans.map(({ name }) => name).join(', ');
}
