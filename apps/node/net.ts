/** `node:net` of a realm. */
import net from 'node:net';
import type { Realm } from '../realm.ts';
import { RealmServer } from './server.ts';
import { RealmSocket } from './socket.ts';

/** The module. */
export function netOf(realm: Realm): object {
  class Socket extends RealmSocket {
    constructor() {
      super(realm);
    }
  }
  class Server extends RealmServer {
    constructor(...given: unknown[]) {
      super(realm, given);
    }
  }
  const connect = (...given: unknown[]): Socket => new Socket().connect(...given);
  return {
    ...net,
    Socket,
    Stream: Socket,
    Server,
    connect,
    createConnection: connect,
    createServer: (...given: unknown[]) => new Server(...given),
  };
}
