/**
 * AlterConfigs and IncrementalAlterConfigs on a broker: it hands on no other broker's configs, which are to be changed at the broker
 * itself, and looks itself at what only it knows, its log directories.
 */
import { cordonProblem, listItems } from '../config/index.ts';
import { ConfigOperation } from '../controller/configs.ts';
import { ResourceType } from '../metadata/image.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { FailedAnswer } from '../rpc/failure.ts';
import type { IncomingRequest } from '../rpc/rpc-server.ts';
import type { BrokerContext } from './broker-context.ts';
import { forward, forwardPart } from './forward.ts';

type AlterApi = 'AlterConfigs' | 'IncrementalAlterConfigs';

export function forwardAlterations<A extends AlterApi>(
  broker: BrokerContext,
  request: IncomingRequest<A>,
  failed: FailedAnswer<A>,
): void {
  const { resources } = request.body;
  const refusals = resources.map((resource) => refusalOf(broker, resource));
  const rest = resources.filter((_, index) => refusals[index] === null);
  if (rest.length === resources.length) {
    forward(broker, request, failed);
    return;
  }
  /** In the order of the request. */
  const answered = ({ responses }: Draft<ResponseTypes[AlterApi]>): void => {
    let next = 0;
    const all = resources.map(({ resourceType, resourceName }, index) => {
      const errorMessage = refusals[index] ?? null;
      if (errorMessage === null) return responses?.[next++] ?? {};
      return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage, resourceType, resourceName };
    });
    request.respond({ responses: all } as Draft<ResponseTypes[A]>);
  };
  if (rest.length === 0) answered({ responses: [] });
  else forwardPart(broker, request, failed, { ...request.body, resources: rest } as RequestTypes[A], answered);
}

interface Alteration {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly { readonly name: string; readonly value: string | null; readonly configOperation?: number }[];
}

/** Why this broker does not hand it on; null: it does. */
function refusalOf(broker: BrokerContext, { resourceType, resourceName, configs }: Alteration): string | null {
  if (resourceType !== ResourceType.BROKER || resourceName === '') return null;
  if (Number(resourceName) !== broker.brokerId)
    return `This is broker ${broker.brokerId}: the configs of broker ${resourceName} are changed there.`;
  const change = configs.find(({ name }) => name === 'cordoned.log.dirs');
  if (change === undefined || change.value === null) return null;
  const before = listItems(broker.configLayers().brokerOverrides[change.name] ?? '');
  const given = listItems(change.value);
  switch (change.configOperation ?? ConfigOperation.SET) {
    case ConfigOperation.SET:
      return cordonProblem(broker.config, given);
    case ConfigOperation.APPEND:
      return cordonProblem(broker.config, [...new Set([...before, ...given])]);
    default:
      return null;
  }
}
