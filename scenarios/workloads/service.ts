/**
 * A process that is a service: what applications ask by HTTP, under the name of the client.
 *
 *     clients: [{ name: 'payments-db', count: 1, run: service(keyValueStore()) }, { name: 'app', count: 2, run: app({ ... }) }]
 *
 * params: `hosts` (other names that it is asked by, comma separated: `api.example.com`), `ports` (comma separated; 80 and 443), `latencyMs` (up to so
 * long takes a request; 5), `slowOneIn` (of so many requests one takes up to `slowMs`; 50, 0 for none), `slowMs` (2,000), `failsOneIn` (of so many one
 * fails while there are faults; 50, 0 for none).
 */
import { z } from 'zod';
import type { Service } from '../../sim/service/service.ts';
import type { WorkloadContext } from '../../sim/workload/context.ts';
import { count, millis, type TypedWorkload, workload } from './params.ts';

const listed = (one: RegExp, words: string): z.ZodType =>
  z.custom<string>((value) => typeof value === 'string' && value.split(',').every((part) => one.test(part)), words).optional();

const PARAMS = {
  hosts: listed(/^[a-z0-9][a-z0-9.-]*$/i, 'names of hosts, separated by commas'),
  ports: z.union([listed(/^\d{1,5}$/, 'ports, separated by commas'), count]),
  latencyMs: millis,
  slowOneIn: count,
  slowMs: millis,
  failsOneIn: count,
};

export type ServiceWorkload = TypedWorkload<typeof PARAMS>;

/** The workload. What the service keeps outlives its process. */
export function service(implementation: Service): ServiceWorkload {
  return workload(PARAMS, async (context) => {
    const { ports } = context.params;
    const list = ports === undefined ? undefined : String(ports).split(',').map(Number);
    await context.service(baseName(context), implementation, {
      ...numbers(context),
      ...(list === undefined ? {} : { ports: list }),
    });
  });
}

/** `payments-db` of `payments-db-1`. */
function baseName({ name, plan }: WorkloadContext): string {
  return plan.clients.find((client) => client.name === name)?.workload ?? name;
}

function numbers({ params }: WorkloadContext): Readonly<Record<string, number>> {
  const names = ['latencyMs', 'slowOneIn', 'slowMs', 'failsOneIn'] as const;
  return Object.fromEntries(names.flatMap((name) => (params[name] === undefined ? [] : [[name, Number(params[name])]])));
}
