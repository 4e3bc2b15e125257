/** Fetch, of consumers and of followers; sessions and waiting are replication's. */
import type { Handler } from '../BrokerContext.ts';

export const handleFetch: Handler<'Fetch'> = (broker, request) => {
  broker.fetches.handle(request.body, request.version, request.listener, (response) => request.respond(response));
};
