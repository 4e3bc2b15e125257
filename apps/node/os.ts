/** `node:os` of a realm: a machine that is the same wherever the simulation runs. */
import os from 'node:os';
import type { Realm } from '../realm.ts';

const MEMORY_BYTES = 4 * 2 ** 30;

/** The module. */
export function osOf(realm: Realm) {
  const cpu = { model: 'simulated', speed: 0, times: { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 } };
  const address = realm.hosts.addressOf(realm.env.host);
  return {
    EOL: '\n',
    devNull: '/dev/null',
    constants: os.constants,
    arch: () => 'x64',
    availableParallelism: () => 1,
    cpus: () => [cpu],
    endianness: () => 'LE',
    freemem: () => MEMORY_BYTES / 2,
    totalmem: () => MEMORY_BYTES,
    getPriority: () => 0,
    setPriority() {},
    homedir: () => '/home/app',
    hostname: () => realm.env.host,
    loadavg: () => [0, 0, 0],
    machine: () => 'x86_64',
    networkInterfaces: () => ({
      eth0: [
        { address, netmask: '255.255.0.0', family: 'IPv4', mac: '00:00:00:00:00:00', internal: false, cidr: `${address}/16` },
      ],
    }),
    platform: () => 'linux',
    release: () => '6.0.0',
    tmpdir: () => '/tmp',
    type: () => 'Linux',
    uptime: () => realm.env.clock.monotonicMs() / 1_000,
    userInfo: () => ({ uid: 1000, gid: 1000, username: 'app', homedir: '/home/app', shell: '/bin/sh' }),
    version: () => 'simulated',
  };
}
