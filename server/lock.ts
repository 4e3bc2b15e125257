/** One server at a time in a data directory. The lock is a local socket's name: the operating system takes it back when the holder dies. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnusableError } from './unusable.ts';

/** Takes the lock of a directory that exists; the function returned gives it back. Rejects if another server holds it. */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const address = lockAddress(fs.realpathSync(directory));
  let server = await listen(address);
  if (server === null && address.startsWith('/') && !(await answers(address))) {
    // Left behind by a holder that died.
    fs.rmSync(address, { force: true });
    server = await listen(address);
  }
  if (server === null) throw new UnusableError(`${directory} is in use by another server.`);
  const held = server;
  held.unref();
  return () => new Promise((resolve) => held.close(() => resolve()));
}

function lockAddress(path: string): string {
  const name = `kafka-trial-${createHash('sha256').update(path).digest('hex').slice(0, 24)}`;
  if (process.platform === 'linux') return `\0${name}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  return join(tmpdir(), `${name}.sock`);
}

function listen(address: string): Promise<net.Server | null> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(null) : reject(error)));
    server.listen(address, () => resolve(server));
  });
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
