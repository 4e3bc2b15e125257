/**
 * A ready-made service: a key-value store with transactions, over HTTP. Values are JSON.
 *
 *     GET /keys/KEY                 the value; 404: there is none
 *     GET /keys?prefix=P            values by key
 *     PUT /keys/KEY                 body: the value
 *     DELETE /keys/KEY
 *     POST /transactions            body: { if: { KEY: value or null, ... }, put: { KEY: value, ... }, remove: [KEY, ...] }
 *
 * A transaction is done (200) if all its keys in `if` have these values (null: there is none), or it changes nothing (409, with the values that
 * those keys have).
 */
import type { Service, ServiceAnswer } from './service.ts';
import type { Tables } from './store.ts';

interface Transaction {
  readonly if?: Readonly<Record<string, unknown>>;
  readonly put?: Readonly<Record<string, unknown>>;
  readonly remove?: readonly string[];
}

const KEYS = '/keys';

/** The store. What it holds is that of the process which it runs in. */
export function keyValueStore(): Service {
  return (request, tables) => {
    const { method, path, query } = request;
    if (path === '/transactions' && method === 'POST') return transaction(request.json(), tables);
    if (path === KEYS && method === 'GET') {
      const keys = tables.keys(query['prefix'] ?? '');
      return { body: Object.fromEntries(keys.map((key) => [key, tables.get(key)])) };
    }
    if (!path.startsWith(`${KEYS}/`)) return { status: 404, body: `there is nothing at ${path}: keys are at /keys/KEY` };
    const key = path.slice(KEYS.length + 1);
    switch (method) {
      case 'GET': {
        const value = tables.get(key);
        return value === undefined ? { status: 404, body: `there is no key ${key}` } : { body: value };
      }
      case 'PUT': {
        const value = request.json();
        if (value === undefined) return { status: 400, body: 'the value is no JSON' };
        tables.put(key, value);
        return { status: 204 };
      }
      case 'DELETE':
        tables.remove(key);
        return { status: 204 };
      default:
        return { status: 405, body: `a key can't be asked to ${method}: GET, PUT or DELETE` };
    }
  };
}

function transaction(body: unknown, tables: Tables): ServiceAnswer {
  if (typeof body !== 'object' || body === null) return { status: 400, body: 'a transaction is an object: { if, put, remove }' };
  const { if: conditions = {}, put = {}, remove = [] } = body as Transaction;
  const values = Object.fromEntries(Object.keys(conditions).map((key) => [key, tables.get(key) ?? null]));
  const isMet = Object.entries(conditions).every(([key, value]) => JSON.stringify(values[key]) === JSON.stringify(value));
  if (!isMet) return { status: 409, body: { done: false, values } };
  for (const [key, value] of Object.entries(put)) tables.put(key, value);
  for (const key of remove) tables.remove(key);
  return { body: { done: true, values } };
}
